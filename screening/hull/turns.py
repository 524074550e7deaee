"""MD of a composition's arrangements one after the other: which have weight, whose turn it is, who is spared.

The question that MD answers for a composition is whether an arrangement of it conducts. Once one has passed, the MD of
the others cannot change that; once one has not, that of another can, provided that the crystal would contain it at all:
its Boltzmann weight among the arrangements of the cell, at the highest temperature of the MD, with the energies of the
relaxed cells and the number of arrangements equal by symmetry.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ewald.constants import BOLTZMANN_eV_K
from ewald.version import __version__
from screening.decision import Decision, Stage, Verdict
from screening.value import content_hash

LEAST_WEIGHT = 0.05
"""Weight, as a share of the largest, below which an arrangement gets no MD: that of one 3 kT higher with as many copies
by symmetry."""


def boltzmann_weights(
    energies_eV: Mapping[str, float], multiplicities: Mapping[str, float], temperature_K: float
) -> dict[str, float]:
    """Return the weight of each arrangement of a cell at a temperature, as a share of the largest.

    Parameters
    ----------
    energies_eV
        Energies of the whole cell, which all arrangements fill with the same ions.
    multiplicities
        Number of arrangements that are equal by symmetry to each.
    temperature_K
        Temperature.

    Examples
    --------
    >>> weights = boltzmann_weights({"a": 0.0, "b": 0.05}, {"a": 1, "b": 1}, 600.0)
    >>> {name: round(weight, 2) for name, weight in weights.items()}
    {'a': 1.0, 'b': 0.38}
    """
    names = list(energies_eV)
    exponents = np.log([multiplicities[name] for name in names])
    exponents -= np.array([energies_eV[name] for name in names]) / (BOLTZMANN_eV_K * temperature_K)
    return dict(zip(names, np.exp(exponents - exponents.max()).tolist(), strict=True))


@dataclass(frozen=True)
class Turn:
    """What follows from the verdicts so far.

    Attributes
    ----------
    begins
        The arrangement whose MD is next, or under way; None when none is.
    passed
        The arrangement that passed and answers for the composition; None while there is none.
    spared
        Arrangements whose MD is not run, as `passed` makes it needless.
    """

    begins: str | None = None
    passed: str | None = None
    spared: tuple[str, ...] = ()


def whose_turn(order: Sequence[str], ends: Mapping[str, Verdict], begun: Sequence[str]) -> Turn:
    """Say whose MD is next: the first without an end, unless one has passed.

    Parameters
    ----------
    order
        Arrangements that the hull sends on, lowest first.
    ends
        Final verdict of MD by arrangement, of those that have one.
    begun
        Those whose MD has begun.

    Examples
    --------
    >>> whose_turn(["a", "b", "c"], {"a": Verdict.FAIL}, ["a"])
    Turn(begins='b', passed=None, spared=())
    >>> whose_turn(["a", "b", "c"], {"a": Verdict.FAIL, "b": Verdict.PASS}, ["a", "b"])
    Turn(begins=None, passed='b', spared=('c',))
    """
    passed = next((name for name in order if ends.get(name) is Verdict.PASS), None)
    if passed is not None:
        return Turn(passed=passed, spared=tuple(name for name in order if name not in ends and name not in begun))
    return Turn(begins=next((name for name in order if name not in ends), None))


def spared_decision(hull: Decision, passed: Decision) -> Decision:
    """Return the line of the ledger about an arrangement whose MD is not run.

    Parameters
    ----------
    hull
        The decision that sent the arrangement on.
    passed
        The decision of long MD about the arrangement that answers for the composition.
    """
    return Decision(
        campaign=hull.campaign,
        subject=hull.subject,
        stage=Stage.SHORT_MD,
        quantity="conductivity",
        value=None,
        unit="mS/cm",
        threshold=passed.threshold,
        verdict=Verdict.FAIL,
        reason=f"its MD was not run: {passed.subject} of this composition passed long MD, and its arrangements take "
        "turns until one does (hull.md_order)",
        inputs_hash=content_hash(hull.inputs_hash, passed.inputs_hash),
        version=__version__,
        superseded_by=passed.subject,
    )
