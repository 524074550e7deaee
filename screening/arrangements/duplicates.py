"""Duplicates: two routes to one composition, one arrangement reached from two compositions or by two relaxations."""

from collections.abc import Iterable, Sequence

from pymatgen.core import Composition as Formula

from screening.arrangements.candidate import Candidate
from screening.plan.composition import Composition
from screening.relaxation.relaxation import RelaxedStructure

#: Largest differences between two relaxations into one minimum: energy, volume, and the position of an ion.
_ENERGY_eV_ATOM = 0.0005
_VOLUME = 0.01
_FARTHEST_A = 0.5


def siblings(composition: Composition, compositions: Iterable[Composition]) -> list[Composition]:
    """Return the compositions of the same mother and formula that come before this one, by id.

    Two compositions can have one formula and still be searched separately: the same dopant on different sites of the
    mother, or two kinds of compensation with the same ions. Only then can they hold equal arrangements.
    """
    formula = Formula(composition.formula).reduced_formula
    return sorted(
        (
            other
            for other in compositions
            if other.id < composition.id
            and other.mother == composition.mother
            and Formula(other.formula).reduced_formula == formula
        ),
        key=lambda other: other.id,
    )


def equal_arrangements(candidates: Sequence[Candidate]) -> dict[str, str]:
    """Find candidates that are the same crystal, so that each crystal is relaxed once.

    Candidates of equal formula are compared with pymatgen's StructureMatcher. Its tolerances are tight because all of
    them are unrelaxed; two arrangements of one composition are never compared, they differ by symmetry already.

    Parameters
    ----------
    candidates
        Any candidates of a campaign.

    Returns
    -------
    dict
        Id of each duplicate, with the id of the earlier candidate that it equals.
    """
    from pymatgen.analysis.structure_matcher import ElementComparator, StructureMatcher

    # A relaxation does not know of oxidation states, so neither does the comparison.
    matcher = StructureMatcher(
        ltol=0.02, stol=0.05, angle_tol=1.0, primitive_cell=True, scale=False, comparator=ElementComparator()
    )
    duplicates: dict[str, str] = {}
    kept: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        same_formula = kept.setdefault(candidate.structure.composition.remove_charges().reduced_formula, [])
        others = (other for other in same_formula if other.composition_id != candidate.composition_id)
        equal = next((other for other in others if matcher.fit(candidate.structure, other.structure)), None)
        if equal is None:
            same_formula.append(candidate)
        else:
            duplicates[candidate.id] = equal.id
    return duplicates


def same_crystal(first: RelaxedStructure, second: RelaxedStructure) -> bool:
    """Tell whether two arrangements of one composition relaxed to the same crystal.

    Energies agree within 0.5 meV per ion, volumes within 1 %, and when pymatgen's StructureMatcher maps one crystal
    onto the other no ion is more than 0.5 A from its image: a single ion on another site makes another crystal.
    """
    ions = len(first.structure)
    if ions != len(second.structure) or abs(first.energy_eV - second.energy_eV) > _ENERGY_eV_ATOM * ions:
        return False
    if abs(first.structure.volume / second.structure.volume - 1) > _VOLUME:
        return False
    from pymatgen.analysis.structure_matcher import ElementComparator, StructureMatcher

    matcher = StructureMatcher(
        ltol=0.05, stol=0.3, angle_tol=2.0, primitive_cell=False, scale=False, comparator=ElementComparator()
    )
    apart = matcher.get_rms_dist(first.structure, second.structure)
    # Both distances are in units of the cube root of the volume per ion.
    return apart is not None and apart[1] * (first.structure.volume / ions) ** (1 / 3) <= _FARTHEST_A
