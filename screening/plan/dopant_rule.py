"""Choose dopants by a rule: ions whose radius is near the host's at its coordination, minus lists of exclusions.

Radii: R. D. Shannon, Acta Cryst. A 32, 751 (1976), as tabulated in pymatgen. The optional filters are the
electronegativity test of D. W. Davies et al., Chem 1, 617 (2016) (the one of the package smact) and the substitution
probability of G. Hautier et al., Inorg. Chem. 50, 656 (2011) (pymatgen's).
"""

from functools import lru_cache
from typing import Any

import numpy as np
from pymatgen.core import Element, Species

from ewald.errors import CampaignError
from screening.campaign.doping import DopantRule
from screening.plan.mother import Mother
from screening.species import charge_of, element_of
from screening.value import Value

_TOXIC = frozenset({"Be", "As", "Cd", "Hg", "Tl", "Pb"})
"""Elements whose compounds are toxic: those named in the RoHS directive 2011/65/EU (Cd, Hg, Pb), in
group 1 of the IARC's carcinogens (Be, As, Cd), and thallium."""
_EXPENSIVE = frozenset({"Ru", "Rh", "Pd", "Re", "Os", "Ir", "Pt", "Au", "Sc", "Tm", "Lu"})
"""Elements that cost of the order of 1000 USD/kg or more (U.S. Geological Survey, Mineral Commodity Summaries):
platinum metals, gold, rhenium, scandium and the rarest lanthanides."""
_NEIGHBOUR_RATIO = 1.25
"""Ions of opposite charge up to this many times the shortest distance are coordinated."""

_ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8, "IX": 9, "X": 10, "XI": 11,
          "XII": 12, "XIV": 14}  # fmt: skip


class RuleDecision(Value):
    """Whether the rule accepts an ion as a dopant.

    Attributes
    ----------
    species, host, mother
        The ion tried and where.
    coordination
        Number of anions around the host.
    radius_A, host_radius_A
        Shannon ionic radii at `coordination`; None where the dopant has none there.
    difference
        Relative difference of the radii.
    kept, reason
        Whether the ion is a dopant, and why.
    """

    species: str
    host: str
    mother: str
    coordination: int
    radius_A: float | None
    host_radius_A: float
    difference: float | None
    kept: bool
    reason: str


def apply_rule(
    rule: DopantRule, mother: Mother, host: str, sites: tuple[int, ...], *, field: str
) -> tuple[RuleDecision, ...]:
    """Decide about every ion of the wanted valences that occurs in crystal structures.

    Parameters
    ----------
    rule
        The campaign's rule.
    mother, host, sites
        The host ion and its sites in the mother.
    field
        Name of the rule in error messages.

    Returns
    -------
    tuple of RuleDecision
        Those kept and those refused, by radius difference.

    Raises
    ------
    CampaignError
        When the host has no Shannon radius, so that the rule cannot be applied.
    """
    coordination = coordination_number(mother, sites[0])
    tabulated = shannon_radii(host)
    if not tabulated:
        raise CampaignError(
            f"{host} has no Shannon radius", field=field, value=host, fix="name the dopants instead of a rule"
        )
    at = min(tabulated, key=lambda number: (abs(number - coordination), number))
    decisions = [
        _decision(
            rule, mother, host, str(Species(element.symbol, valence)), coordination=at, host_radius_A=tabulated[at]
        )
        for valence in rule.valences
        for element in Element
        if valence in element.icsd_oxidation_states
    ]
    decisions = [decision for decision in decisions if decision.species != host]
    return tuple(sorted(decisions, key=lambda d: (not d.kept, d.difference is None, d.difference or 0.0, d.species)))


def _decision(
    rule: DopantRule, mother: Mother, host: str, species: str, *, coordination: int, host_radius_A: float
) -> RuleDecision:
    radius_A = shannon_radii(species).get(coordination)
    difference = None if radius_A is None else abs(radius_A - host_radius_A) / host_radius_A
    reason = (
        _exclusion(rule, species) or _misfit(rule, coordination, difference) or _filtered(rule, mother, host, species)
    )
    return RuleDecision(
        species=species,
        host=host,
        mother=mother.name,
        coordination=coordination,
        radius_A=radius_A,
        host_radius_A=host_radius_A,
        difference=difference,
        kept=reason is None,
        reason=reason or f"radius {radius_A} A against {host_radius_A} A of {host}, {coordination}-fold",
    )


def _exclusion(rule: DopantRule, species: str) -> str | None:
    element = element_of(species)
    if element in rule.exclude:
        return "excluded by the campaign"
    if Element(element).is_radioactive:
        return "radioactive"
    if element in _TOXIC and not rule.allow_toxic:
        return "toxic"
    if element in _EXPENSIVE and not rule.allow_expensive:
        return "expensive"
    return None


def _misfit(rule: DopantRule, coordination: int, difference: float | None) -> str | None:
    if difference is None:
        return f"no Shannon radius at {coordination}-fold coordination"
    if difference > rule.radius_tolerance:
        return f"radius differs by {difference:.0%}, more than {rule.radius_tolerance:.0%}"
    return None


def _filtered(rule: DopantRule, mother: Mother, host: str, species: str) -> str | None:
    if rule.electronegativity_test and charge_of(species) > 0:
        anions = [Element(element_of(ion)).X for ion in mother.counts() if charge_of(ion) < 0]
        if anions and min(anions) <= Element(element_of(species)).X:
            return "more electronegative than the anion"
    if rule.min_substitution_probability is not None:
        probability = _substitution_probability(species, host)
        if probability < rule.min_substitution_probability:
            return f"substitution probability {probability:.2g} is below {rule.min_substitution_probability:g}"
    return None


def shannon_radii(species: str) -> dict[int, float]:
    """Return the ionic radii in Angstrom of an ion by coordination number; the high-spin one where there are two.

    Examples
    --------
    >>> shannon_radii("P5+")[4]
    0.17
    """
    charge = str(round(charge_of(species)))
    by_coordination: dict[str, Any] = (Element(element_of(species)).data.get("Shannon radii") or {}).get(charge, {})
    radii: dict[int, float] = {}
    for roman, spins in by_coordination.items():
        number = _ROMAN.get(roman.removesuffix("SQ").removesuffix("PY"))
        if number is not None and (number not in radii or roman in _ROMAN):
            spin = spins.get("") or spins.get("High Spin") or next(iter(spins.values()))
            radii[number] = float(spin["ionic_radius"])
    return radii


def coordination_number(mother: Mother, site: int) -> int:
    """Return how many ions of opposite charge surround a site, up to 1.25 times the distance of the nearest."""
    charges = np.array(
        [sum(charge_of(species) * share for species, share in occupied.items()) for occupied in mother.occupancies()]
    )
    neighbours = mother.structure.get_neighbors(mother.structure[site], 4.5)
    distances = np.array([n.nn_distance for n in neighbours if charges[n.index] * charges[site] < 0])
    return int((distances <= _NEIGHBOUR_RATIO * distances.min()).sum()) if distances.size else 0


def _substitution_probability(species: str, host: str) -> float:
    """Return the conditional probability that `species` takes the place of `host` in known structures."""
    return float(_probabilities().cond_prob(species, host))


@lru_cache(maxsize=1)
def _probabilities() -> Any:
    from pymatgen.analysis.structure_prediction.substitution_probability import SubstitutionProbability

    return SubstitutionProbability()
