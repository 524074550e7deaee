"""The nearest neutral crystal of a file: shared ions, supercell and whole numbers chosen together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ewald.errors import StructureError
from ewald.io.choices.charge_guess import MOST_CHARGE_PER_ION_E
from ewald.io.choices.sharing import mobile_element, share_mobile
from ewald.io.choices.whole_numbers import MOST_IONS, MixedValence, NearestNumbers
from ewald.io.crystals.disorder import Alternatives
from ewald.io.occupancy import OCCUPANCY_TOLERANCE, PartialSublattice
from ewald.io.oxidation import ChargedStructure, after_doubts
from ewald.io.parts import Numbers, Parts
from ewald.io.supercell import compact_supercell
from ewald.ions import VACANCY, element_of, ion_name
from ewald.space.room import most_occupied


def nearest_crystal(
    parts: Parts, matrix: NDArray[np.int64] | None, mobile: str | None, most_ions: int, tolerance: float
) -> tuple[Parts, NDArray[np.int64], Numbers] | None:
    """Find the neutral crystal of whole numbers that is closest to the occupancies.

    Parameters
    ----------
    parts
        The file's cell.
    matrix
        The supercell, where the user gave one.
    mobile
        The user's word on the mobile element.
    most_ions
        Most ions in a supercell that is chosen.
    tolerance
        Largest change of an occupancy that is rounding in the file.

    Returns
    -------
    parts, matrix, numbers
        The sublattices that share ions joined; the supercell; whole numbers for each sublattice. None where the file
        leaves more than 0.1 e per ion with these charges, or no numbers are neutral.
    """
    if parts.mixed is None and abs(parts.charge_per_ion_e) > MOST_CHARGE_PER_ION_E:
        return None
    element = mobile_element(parts.orbits, mobile)
    groups, shared = share_mobile(parts.orbits, element)
    most = _most_together(groups, parts.alternatives)
    program = NearestNumbers(groups, parts.charges, parts.mixed, tolerance, most, element)
    cells = 0 if matrix is None else round(abs(np.linalg.det(matrix)))
    found = program.nearest(cells) if cells else program.best(most_ions)
    if found is None:
        return None
    notes = parts.notes
    if matrix is None:
        matrix = compact_supercell(parts.lattice, found.cells)
    if shared:
        notes = (*notes, f"{element} is taken for the mobile ion: {', '.join(shared)} share their ions")
    if parts.mixed is not None:
        notes = (*notes, f"{parts.mixed.element} carries the mean charge that makes the cell neutral")
    renamed = [_renamed(group, parts.mixed, found.charges) for group in groups]
    whole = replace(parts, orbits=tuple(renamed), charges=found.charges, notes=notes)
    taken: Numbers = [(numbers, None) for numbers in found.numbers]
    if not cells and found.cells > 1 and whole.approximant(matrix, taken).exact:
        rows = " ".join(str(number) for row in matrix.tolist() for number in row)
        note = f'supercell "{rows}": whole numbers of ions need {found.cells} cells of the file'
        whole = replace(whole, notes=(*whole.notes, note))
    return whole, matrix, taken


def _most_together(groups: Sequence[PartialSublattice], alternatives: Alternatives) -> list[tuple[list[int], int]]:
    """Find groups whose sites all exclude one another, by number, and how many ions they hold together at most.

    What the file's own occupancies exceed is left out.
    """
    if not alternatives:
        return []
    import networkx as nx  # type: ignore[import-untyped]

    owner = {site: k for k, group in enumerate(groups) for site in group.sites}
    graph = nx.Graph((owner[i], owner[j]) for i, j, _ in alternatives)
    most = []
    for members in map(sorted, nx.find_cliques(graph)):
        pairs = [(i, j) for i, j, _ in alternatives if {owner[i], owner[j]} <= {*members}]
        spots = most_occupied([site for k in members for site in groups[k].sites], pairs)
        if sum(sum(groups[k].amounts.values()) for k in members) <= spots * (1 + OCCUPANCY_TOLERANCE):
            most.append((members, spots))
    return most


def neutral_occupancies(
    charged: ChargedStructure, symprec_A: float, most_ions: int = MOST_IONS, cells: int | None = None
) -> Any | None:
    """Change occupancies as little as makes the crystal exactly neutral, in the cell that it has.

    The occupancies are then those of the nearest neutral crystal: whole numbers of ions in some number of cells. Where
    sublattices share the mobile ion, each keeps its share of it.

    Parameters
    ----------
    charged
        The structure.
    symprec_A
        Tolerance of the symmetry search.
    most_ions
        Most ions in those cells.
    cells
        Number of those cells; by default chosen.

    Returns
    -------
    pymatgen.core.Structure or None
        None where the file leaves more than 0.1 e per ion, or nothing is neutral.
    """
    from pymatgen.core import Composition, Species

    parts = Parts.of_charged(charged, (), symprec_A)
    if parts.mixed is None and abs(parts.charge_per_ion_e) > MOST_CHARGE_PER_ION_E:
        return None
    element = mobile_element(parts.orbits)
    groups, _ = share_mobile(parts.orbits, element)
    most = _most_together(groups, parts.alternatives)
    program = NearestNumbers(groups, parts.charges, parts.mixed, most=most, mobile=element)
    found = program.best(most_ions) if cells is None else program.nearest(cells)
    if found is None:
        return None
    structure = charged.structure.copy()
    for group, numbers in zip(groups, found.numbers, strict=True):
        named = {element_of(one): one for one in numbers if one != VACANCY}
        wanted = {one: numbers[named[element_of(one)]] / found.cells for one in group.amounts}
        contents = [dict(_contents(structure[site])) for site in group.sites]
        for content, occupied in zip(contents, _shared_out(contents, wanted), strict=True):
            content.clear()
            content.update(occupied)
        for site, content in zip(group.sites, contents, strict=True):
            structure[site].species = Composition(
                {
                    Species(element_of(one), found.charges[named[element_of(one)]]): amount
                    for one, amount in content.items()
                    if amount > 1e-9
                }
            )
    return structure


def _contents(site: Any) -> dict[str, float]:
    return {ion_name(element_of(one), float(one.oxi_state)): float(x) for one, x in site.species.items()}


def _shared_out(contents: Sequence[Mapping[str, float]], wanted: Mapping[str, float]) -> list[dict[str, float]]:
    """Bring the occupancies of sites to wanted sums: less in proportion to the ions, more in proportion to the room."""
    result: list[dict[str, float]] = [{} for _ in contents]
    # The species on fewest sites first: the others have room elsewhere.
    for species in sorted(wanted, key=lambda one: sum(one in content for content in contents)):
        there = np.array([content.get(species, 0.0) for content in contents])
        room = np.array([1.0 - sum(own.values()) for own in result]) * (there > 0)
        there = np.minimum(there, room)
        missing = wanted[species] - there.sum()
        if missing > 0:
            there += (room - there) * missing / max((room - there).sum(), 1e-12)
        elif there.sum() > 0:
            there *= wanted[species] / there.sum()
        for own, amount in zip(result, there.tolist(), strict=True):
            if amount > 0:
                own[species] = amount
    return result


def _renamed(group: PartialSublattice, mixed: MixedValence | None, charges: Mapping[str, float]) -> PartialSublattice:
    """Name the species of mixed valence as its mean charge has it."""
    names = {element_of(species): species for species in charges}
    amounts = {
        names[mixed.element] if mixed is not None and element_of(species) == mixed.element else species: amount
        for species, amount in group.amounts.items()
    }
    only = {
        names[mixed.element] if mixed is not None and element_of(species) == mixed.element else species: sites
        for species, sites in group.only.items()
    }
    return replace(group, amounts=amounts, only=only)


def never_neutral(parts: Parts, matrix: NDArray[np.int64] | None, most_ions: int) -> StructureError:
    """Say that no whole numbers make the cell neutral, and what would help."""
    charges = ", ".join(parts.charges)
    if abs(parts.charge_per_ion_e) > MOST_CHARGE_PER_ION_E:
        error = StructureError(
            f"the occupancies contradict neutrality: with {charges} they leave {parts.charge_per_ion_e:+.2f} e per ion",
            field="charges",
            fix="give other charges, or correct the occupancies",
        )
        return after_doubts(error, parts.notes)
    cell = f"a cell of up to {most_ions} ions" if matrix is None else "this supercell"
    return StructureError(
        f"no whole numbers of ions make {cell} neutral with the charges {charges}",
        field="occupancies",
        fix="give other --charges" + (", or allow more --ions" if matrix is None else ", or another --supercell"),
    )
