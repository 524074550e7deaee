"""Checks a written arrangement against the file it came from, with readers that are not this package's.

ASE reads the file with its occupancies, and pymatgen where ASE cannot or does not find the ions; the written CIF is
read line by line. Nothing here uses the code of the searches or of its readers.
"""

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_ISOTOPES = {"D": "H", "T": "H"}
# How far an ion may lie from the position in the file: sites are moved to where symmetry puts them.
_SAME_SITE_A = 0.15
# Nearer than the shortest bond, O-H of an X-ray refinement.
_ONE_SPOT_A = 0.75


@dataclass(frozen=True)
class WrittenCheck:
    """What was found: the sum of the charges, ions that have no business where they are, the shortest distance."""

    charge_e: float
    foreign_ions: int
    shortest_A: float

    @property
    def sound(self) -> bool:
        """Whether the arrangement is neutral, of the file's elements on their sites, and has one ion on a spot."""
        return self.charge_e == 0 and not self.foreign_ions and self.shortest_A > _ONE_SPOT_A


def check_written(written: Path, file: Path, cells: Sequence[Sequence[int]]) -> WrittenCheck:
    """Check one arrangement.

    Parameters
    ----------
    written
        The ordered CIF.
    file
        The disordered file.
    cells
        Rows are the cell vectors of ``written`` in terms of those of ``file``.
    """
    charge, elements, frac = _read_written(written)
    supercell = np.array(cells, dtype=float)
    foreign, lattice = len(elements), None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for read in (_read_with_ase, _read_with_pymatgen):
            try:
                sites, contents, lattice = read(file)
            except Exception:  # noqa: S112  (each refuses some files)
                continue
            foreign = _foreign(elements, frac @ supercell, sites, contents, lattice)
            if not foreign:
                break
    shortest_A = 0.0 if lattice is None else _shortest_A(frac, supercell @ lattice)
    return WrittenCheck(charge, foreign, shortest_A)


def _foreign(
    elements: Sequence[str],
    positions: NDArray[np.float64],
    sites: NDArray[np.float64],
    contents: Sequence[set[str]],
    lattice: NDArray[np.float64],
) -> int:
    """Count ions where no site of the file has their element; positions and sites in cells of the file."""
    foreign = 0
    for element, position in zip(elements, positions, strict=True):
        away = position - sites
        away -= np.rint(away)
        near = np.flatnonzero(np.linalg.norm(away @ lattice, axis=1) < _SAME_SITE_A)
        foreign += not any(element in contents[site] for site in near)
    return foreign


def _read_written(written: Path) -> tuple[float, list[str], NDArray[np.float64]]:
    """Sum of the charges, as exact fractions of what is printed; elements; fractional coordinates."""
    rows = [line.split() for line in written.read_text().splitlines()]
    states = {row[0]: Fraction(row[1]) for row in rows if len(row) == 2 and not row[0].startswith("_")}
    atoms = [row for row in rows if len(row) == 7 and not row[0].startswith("_")]
    # Mean charges of mixed valence are printed to six digits.
    total = sum((states[row[0]] for row in atoms), Fraction(0))
    charge = 0.0 if abs(total) < Fraction(len(atoms), 10**5) and _any_mean(states.values()) else float(total)
    elements = [row[0].rstrip("0123456789.+-") for row in atoms]
    return charge, elements, np.array([[float(x) for x in row[3:6]] for row in atoms])


def _any_mean(charges: Iterable[Fraction]) -> bool:
    return any(charge.denominator != 1 for charge in charges)


_Sites = tuple[NDArray[np.float64], list[set[str]], NDArray[np.float64]]


def _read_with_ase(file: Path) -> _Sites:
    """Fractional coordinates of the sites, the elements on each, and the cell: images of every row."""
    from ase.io.cif import parse_cif

    block = next(one for one in parse_cif(str(file)) if one.has_structure())
    atoms = block.get_unsymmetrized_structure()
    occupancies = block.get("_atom_site_occupancy") or [1.0] * len(atoms)
    operations = block.get_spacegroup(False).get_symop()
    sites, contents = [], []
    for element, position, occupancy in zip(
        atoms.symbols, atoms.get_scaled_positions(wrap=False), occupancies, strict=True
    ):
        if not isinstance(occupancy, str) and occupancy <= 0:
            continue
        sites += [rotation @ position + translation for rotation, translation in operations]
        contents += [{element}] * len(operations)
    return np.array(sites), contents, np.array(atoms.cell)


def _read_with_pymatgen(file: Path) -> _Sites:
    from pymatgen.io.cif import CifParser

    structure = CifParser(str(file), occupancy_tolerance=100).parse_structures(primitive=False, on_error="ignore")[0]
    contents = [{_ISOTOPES.get(one, one) for one in site.species.get_el_amt_dict()} for site in structure]
    return structure.frac_coords, contents, structure.lattice.matrix


def _shortest_A(frac: NDArray[np.float64], lattice: NDArray[np.float64]) -> float:
    """Shortest distance of two ions, in angstrom; images in the neighbouring cells included."""
    shifts = np.argwhere(np.ones((3, 3, 3))) - 1
    shortest = np.inf
    for number, position in enumerate(frac):
        away = frac - position
        away -= np.rint(away)
        distance = np.linalg.norm((away[:, None, :] + shifts[None, :, :]) @ lattice, axis=2)
        distance[number, 13] = np.inf
        shortest = min(shortest, float(distance.min()))
    return shortest
