"""Duplicates: two routes to one composition, and one arrangement reached from two compositions."""

from collections.abc import Sequence

from screening.candidate import Candidate
from screening.composition import Composition


def merge_routes(compositions: Sequence[Composition]) -> dict[int, Composition]:
    """Keep each composition of one mother once; the first keeps its name and remembers all routes.

    Two compositions are one when the same ions in the same numbers share the same sites of the same supercell.

    Returns
    -------
    dict
        The kept compositions by their index in `compositions`.
    """
    kept: dict[int, Composition] = {}
    places: dict[tuple[str, str], int] = {}
    for index, composition in enumerate(compositions):
        place = places.setdefault((composition.mother, composition.inputs_hash()), index)
        if place == index:
            kept[index] = composition
        else:
            first = kept[place]
            kept[place] = first.model_copy(
                update={"routes": tuple(dict.fromkeys((*first.routes, *composition.routes)))}
            )
    return kept


def equal_arrangements(candidates: Sequence[Candidate]) -> dict[str, str]:
    """Find candidates that are the same crystal, so that it is relaxed once.

    Candidates of equal formula are compared with pymatgen's StructureMatcher, tightly, for they are all unrelaxed:
    arrangements of one composition differ by more than that, or they would be symmetry copies.

    Parameters
    ----------
    candidates
        Any candidates of a campaign.

    Returns
    -------
    dict
        Id of each duplicate, with the id of the earlier candidate that it equals.
    """
    from pymatgen.analysis.structure_matcher import StructureMatcher

    matcher = StructureMatcher(ltol=0.02, stol=0.05, angle_tol=1.0, primitive_cell=True, scale=False)
    duplicates: dict[str, str] = {}
    kept: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        same_formula = kept.setdefault(candidate.structure.composition.reduced_formula, [])
        others = (other for other in same_formula if other.composition_id != candidate.composition_id)
        equal = next((other for other in others if matcher.fit(candidate.structure, other.structure)), None)
        if equal is None:
            same_formula.append(candidate)
        else:
            duplicates[candidate.id] = equal.id
    return duplicates
