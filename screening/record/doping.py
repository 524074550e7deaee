"""What a composition's name says of its doping: dopant, level and way of compensation."""

import re
from dataclasses import dataclass

from screening.plan.composition_record import CompositionRecord

_PART = re.compile(r"([A-Z][a-z]?)(?:\d*[pm]_)?(\d+(?:\.\d+)?)")
UNDOPED = "undoped"


@dataclass(frozen=True)
class Doping:
    """Dopants of a composition, and the share of the host ions that they replace together.

    Attributes
    ----------
    dopant
        Symbol of the dopant; of several, joined by a plus sign; `undoped` for the mother itself.
    level
        Share of the host's ions that is replaced, 0 to 1.
    """

    mother: str
    dopant: str
    level: float


def doping_of(composition: CompositionRecord) -> Doping | None:
    """Read the doping from a composition's id; None where the id follows no rule of ours.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> doping_of(SimpleNamespace(id="Na3SbS4-W0.25-vac", mother="Na3SbS4"))
    Doping(mother='Na3SbS4', dopant='W', level=0.25)
    """
    rest = composition.id.removeprefix(f"{composition.mother}-")
    if rest == UNDOPED:
        return Doping(composition.mother, UNDOPED, 0.0)
    found = _PART.findall(rest)
    if rest == composition.id or not found:
        return None
    return Doping(composition.mother, "+".join(symbol for symbol, _ in found), sum(float(share) for _, share in found))
