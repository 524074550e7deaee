"""The nearest neutral crystal of a file: shared ions, supercell and whole numbers chosen together."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ewald.errors import StructureError
from ewald.io.choices.charge_guess import MOST_CHARGE_PER_ION_E
from ewald.io.choices.sharing import mobile_element, share_mobile
from ewald.io.choices.whole_numbers import MixedValence, NearestNumbers
from ewald.io.occupancy import PartialSublattice
from ewald.io.parts import Numbers, Parts
from ewald.io.supercell import compact_supercell
from ewald.ions import element_of


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
    program = NearestNumbers(groups, parts.charges, parts.mixed, tolerance)
    cells = 0 if matrix is None else round(abs(np.linalg.det(matrix)))
    found = program.nearest(cells) if cells else program.best(most_ions)
    if found is None:
        return None
    if matrix is None:
        matrix = compact_supercell(parts.lattice, found.cells)
    notes = parts.notes
    if shared:
        notes = (*notes, f"{element} is taken for the mobile ion: {', '.join(shared)} share their ions")
    if parts.mixed is not None:
        notes = (*notes, f"{parts.mixed.element} carries the mean charge that makes the cell neutral")
    renamed = [_renamed(group, parts.mixed, found.charges) for group in groups]
    whole = replace(parts, orbits=tuple(renamed), charges=found.charges, notes=notes)
    return whole, matrix, [(numbers, None) for numbers in found.numbers]


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
        return StructureError(
            f"the occupancies contradict neutrality: with {charges} they leave {parts.charge_per_ion_e:+.2f} e per ion",
            field="charges",
            fix="give other charges, or correct the occupancies",
        )
    cell = f"a cell of up to {most_ions} ions" if matrix is None else "this supercell"
    return StructureError(
        f"no whole numbers of ions make {cell} neutral with the charges {charges}",
        field="occupancies",
        fix="give other --charges" + (", or allow more --ions" if matrix is None else ", or another --supercell"),
    )
