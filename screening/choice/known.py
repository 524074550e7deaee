"""What a campaign knows of each composition: its ledger, read for the choice of what to compute next."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from screening.decision import Decision, Stage, Verdict

_NORMAL_95 = 1.96
_LEAST_DECADES = 0.05


@dataclass(frozen=True)
class Known:
    """Results of one composition so far.

    Attributes
    ----------
    hull_meV_per_atom
        Energy above the hull of its lowest arrangement.
    log10_mS_cm, decades
        Conductivity and its standard deviation, of the latest stage that has one.
    bound
        Whether the conductivity is only known to lie below that.
    stage
        The last stage that has decided about it; `Stage.ENUMERATE` before any has.
    passed
        Whether it is a conductor; None while that is open.
    """

    hull_meV_per_atom: float | None = None
    log10_mS_cm: float | None = None
    decades: float = 0.0
    stage: Stage = Stage.ENUMERATE
    passed: bool | None = None
    bound: bool = False


def known_of(decisions: Iterable[Decision], compositions: Mapping[str, str]) -> dict[str, Known]:
    """Return the results of each composition with a decision.

    Parameters
    ----------
    decisions
        Of the ledger; of each candidate and stage only the current one.
    compositions
        Composition of each candidate.
    """
    found: dict[str, list[Decision]] = {}
    for decision in decisions:
        composition = compositions.get(decision.subject)
        if composition is not None:
            found.setdefault(composition, []).append(decision)
    return {composition: _known(of_one) for composition, of_one in found.items()}


def _known(decisions: Iterable[Decision]) -> Known:
    by_stage: dict[Stage, list[Decision]] = {}
    for decision in decisions:
        by_stage.setdefault(decision.stage, []).append(decision)
    hulls = [one.value for one in by_stage.get(Stage.HULL, ()) if one.value is not None]
    known = Known(hull_meV_per_atom=min(hulls, default=None))
    sent_on: set[str] = set()
    for stage in (Stage.HULL, Stage.SHORT_MD, Stage.LONG_MD):
        if stage not in by_stage:
            continue
        verdicts = {one.verdict for one in by_stage[stage]}
        # Another arrangement that was sent on may still pass.
        failed = verdicts == {Verdict.FAIL} and sent_on <= {one.subject for one in by_stage[stage]}
        sent_on = {one.subject for one in by_stage[stage] if one.verdict is not Verdict.FAIL}
        passed = False if failed else True if stage is Stage.LONG_MD and Verdict.PASS in verdicts else None
        found = _conductivity(by_stage[stage]) if stage is not Stage.HULL else None
        value, decades, bound = found or (known.log10_mS_cm, known.decades, known.bound)
        known = Known(known.hull_meV_per_atom, value, decades, stage, passed, bound)
    return known


def _conductivity(decisions: Iterable[Decision]) -> tuple[float, float, bool] | None:
    """Return the highest conductivity of some candidates as a logarithm with its deviation, or their highest bound."""
    found = [one for one in (_logarithm(decision) for decision in decisions) if one is not None]
    return max(found, key=lambda one: (not one[2], one[0]), default=None)


def _logarithm(decision: Decision) -> tuple[float, float, bool] | None:
    if decision.unit != "mS/cm" or not decision.high95 or decision.high95 <= 0:
        return None
    top = math.log10(decision.high95)
    if decision.bound is not None or not decision.value or decision.value <= 0:
        return top, 0.0, True
    middle = math.log10(decision.value)
    return middle, max((top - middle) / _NORMAL_95, _LEAST_DECADES), False
