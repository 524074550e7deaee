"""Duplicates: two routes to one composition, and one crystal as several arrangements or after several relaxations."""

from collections.abc import Iterable, Sequence

from pymatgen.core import Composition as Formula
from pymatgen.core import Structure

from screening.arrangements.candidate import Candidate
from screening.plan.composition import Composition
from screening.relaxation.relaxation import RelaxedStructure

#: Largest differences between two relaxations into one minimum: energy, volume, and the position of an ion.
_ENERGY_eV_ATOM = 0.0005
_VOLUME = 0.01
_FARTHEST_A = 0.5
#: Ewald energies of equal crystals in one supercell differ by rounding only.
_SAME_EWALD_ENERGY_eV = 1e-5


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

    The primitive cells of candidates of equal formula are compared with pymatgen's StructureMatcher. Its tolerances are
    tight because all of them are unrelaxed. Arrangements of one composition differ by the symmetry of their supercell,
    yet they can be the same infinite crystal where that supercell is less symmetric than the mother: then their
    energies are equal, and the crystal has a smaller period than the supercell. All other pairs of one composition are
    distinct and not compared.

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
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    # A relaxation does not know of oxidation states, so neither does the comparison.
    matcher = StructureMatcher(
        ltol=0.02, stol=0.05, angle_tol=1.0, primitive_cell=False, scale=False, comparator=ElementComparator()
    )
    duplicates: dict[str, str] = {}
    kept: dict[str, list[Candidate]] = {}
    primitive: dict[str, Structure] = {}

    def cell(candidate: Candidate) -> Structure:
        if candidate.id not in primitive:
            bare = candidate.structure.copy().remove_oxidation_states()
            primitive[candidate.id] = SpacegroupAnalyzer(bare).find_primitive() or bare
        return primitive[candidate.id]

    def may_equal(one: Candidate, other: Candidate) -> bool:
        if one.composition_id != other.composition_id:
            return True
        close = abs(one.ewald_energy_eV - other.ewald_energy_eV) < _SAME_EWALD_ENERGY_eV
        return close and len(cell(one)) == len(cell(other)) < len(one.structure)

    for candidate in candidates:
        same_formula = kept.setdefault(candidate.structure.composition.remove_charges().reduced_formula, [])
        others = (other for other in same_formula if may_equal(candidate, other))
        equal = next((other for other in others if matcher.fit(cell(candidate), cell(other))), None)
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
