"""The edge to structure files: partially occupied structures in, spaces out."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ewald.errors import StructureError, UserError
from ewald.io.choices.closest import spots_shared
from ewald.io.choices.whole_numbers import MOST_IONS
from ewald.io.nearest import nearest_crystal, never_neutral
from ewald.io.neutral import FreeCounts, FreeSublattice, neutral_choices
from ewald.io.occupancy import OCCUPANCY_TOLERANCE, whole_counts
from ewald.io.parts import Numbers, Parts, exact_numbers, named_group
from ewald.io.supercell import Supercell, supercell_matrix
from ewald.space.space import ConfigurationSpace

if TYPE_CHECKING:
    from pymatgen.core import Structure

# As files round their coordinates; sites are then moved to where symmetry puts them.
FILE_SYMPREC_A = 0.01
_NEUTRAL_E = 1e-6


def existing_file(path: str | Path) -> Path:
    """Check that a path is that of a file.

    Raises
    ------
    UserError
        If there is nothing, or something else.
    """
    file = Path(path)
    if file.is_dir():
        raise UserError("is a directory, not a file", file=file, fix="name a structure file or a YAML space file in it")
    if not file.is_file():
        raise UserError("no such file", file=file, fix="check the path")
    return file


def read_structure(
    file: Path,
    *,
    field: str | None = None,
    block: str | None = None,
    ignore_formula: bool = False,
    command_line: bool = True,
) -> "Structure":
    """Read a structure file, partial occupancies kept, without reducing the cell.

    Parameters
    ----------
    file
        CIF, POSCAR, extended XYZ or whatever else pymatgen reads.
    field
        Where the file is named, for the error.
    block, ignore_formula, command_line
        Of a CIF: see :func:`ewald.io.crystals.crystal_file.read_cif`.

    Raises
    ------
    StructureError
        If it cannot be read, or what is read is not what the file says.
    """
    import warnings

    from ewald.io.crystals.any_file import read_any

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            structure = read_any(file, block, ignore_formula=ignore_formula, command_line=command_line)
    except UserError:
        raise
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        if isinstance(error, IndexError | StopIteration):
            reason = "it seems to be incomplete: it ends before everything that its head announces"
        raise StructureError(
            f"cannot be read as a structure ({reason})", file=file, field=field, fix="give a CIF or POSCAR"
        ) from error
    if not (np.isfinite(structure.frac_coords).all() and np.isfinite(structure.lattice.matrix).all()):
        raise StructureError(
            "a position or the cell is not a finite number", file=file, field=field, fix="give finite numbers"
        )
    return structure


def from_structure(
    structure: Any,
    supercell: Supercell = None,
    *,
    charges: Mapping[str, float] | None = None,
    couple: Sequence[str] = (),
    balance: str | None = None,
    min_distance_A: float | None = None,
    occupancy_tolerance: float = OCCUPANCY_TOLERANCE,
    symprec_A: float = FILE_SYMPREC_A,
    mobile: str | None = None,
    most_ions: int = MOST_IONS,
    strict: bool = False,
) -> ConfigurationSpace:
    """Make the space of a partially occupied structure; the missing part of a site is vacancy.

    Where occupancies give whole, neutral numbers in the cell, those are taken as they are. Else the nearest neutral
    crystal is: the partially occupied sites of the mobile ion share their ions, and supercell and numbers are those
    closest to the file, see :class:`ewald.io.choices.whole_numbers.NearestNumbers`. The space then carries an
    ``approximant`` that puts every number beside the file's.

    Sites that symmetry exchanges share one sublattice; different Wyckoff orbits are different sublattices, even where
    their composition is equal, unless a site property ``sublattice`` of the structure or ``couple`` joins them.

    Parameters
    ----------
    structure
        pymatgen Structure, disordered or not.
    supercell
        See :func:`ewald.io.supercell.supercell_matrix`. By default the cell itself, or the supercell of the nearest
        neutral crystal.
    charges
        Charges in e by element symbol or species name; they win over those of the structure. What neither gives is
        guessed, see :func:`ewald.io.oxidation.assign_charges`.
    couple
        Sublattices that share one pool of ions: an element symbol joins all sublattices that carry it, and
        ``"Na1+Na2"`` the sublattices so named.
    balance
        Name or element of one sublattice of two species whose numbers follow from neutrality, not from occupancies.
    min_distance_A
        Two sites that can be vacant never both carry an ion when closer than this; 0 forbids nothing. By default the
        nearest neutral crystal takes distances from ionic radii, see :mod:`ewald.io.choices.closest`, and so do numbers
        that are the file's own where two sites would else be one spot.
    occupancy_tolerance
        Largest change of an occupancy that is taken for rounding in the file.
    symprec_A
        Tolerance of the symmetry search; sites are moved to their symmetric positions.
    mobile
        Element whose partially occupied sites share their ions; by default found, see
        :func:`ewald.io.choices.sharing.mobile_element`. ``"none"`` lets every sublattice keep its own numbers.
    most_ions
        Most ions in a supercell that is not given.
    strict
        Refuse any change of the file: every sublattice must have whole numbers.

    Raises
    ------
    StructureError
        For contents that cannot be neutral, unknown names and the like; with ``strict`` also for occupancies that give
        no whole numbers.
    """
    parts = Parts.from_structure(structure, charges, couple, symprec_A)
    matrix = supercell_matrix(supercell)
    copies = round(abs(np.linalg.det(matrix)))
    fixed = strict or balance is not None
    numbers: Numbers | None = None
    try:
        numbers = exact_numbers(parts.orbits, copies, parts.charges, balance, occupancy_tolerance)
    except StructureError:
        if fixed:
            raise
    if numbers is not None and (fixed or abs(_charge_e(numbers, parts.charges)) < _NEUTRAL_E):
        return _as_the_file_says(parts, matrix, numbers, min_distance_A, symprec_A)
    nearest = nearest_crystal(parts, None if supercell is None else matrix, mobile, most_ions, occupancy_tolerance)
    if nearest is not None:
        parts, matrix, numbers = nearest
        return parts.space(matrix, numbers, min_distance_A, symprec_A)
    if numbers is None:
        raise never_neutral(parts, None if supercell is None else matrix, most_ions)
    return _as_the_file_says(parts, matrix, numbers, min_distance_A, symprec_A)


def _charge_e(numbers: Numbers, charges: Mapping[str, float]) -> float:
    return math.fsum(charges.get(one, 0.0) * n for counts, _ in numbers for one, n in counts.items())


def _as_the_file_says(
    parts: Parts, matrix: NDArray[np.int64], numbers: Numbers, min_distance_A: float | None, symprec_A: float
) -> ConfigurationSpace:
    """Make the space; sites exclude one another where the user says so, or where two would be one spot."""
    space = parts.space(matrix, numbers, min_distance_A or 0.0, symprec_A)
    if min_distance_A is None and spots_shared(space):
        return parts.space(matrix, numbers, None, symprec_A)
    return space


def neutral_of_structure(
    structure: Any,
    free_counts: Sequence[FreeCounts],
    supercell: Supercell = None,
    *,
    charges: Mapping[str, float] | None = None,
    couple: Sequence[str] = (),
    min_distance_A: float | None = None,
    occupancy_tolerance: float = OCCUPANCY_TOLERANCE,
    symprec_A: float = FILE_SYMPREC_A,
    mobile: str | None = None,
    most_ions: int = MOST_IONS,
    strict: bool = False,
) -> tuple[ConfigurationSpace, ...]:
    """Make the neutral spaces of a partially occupied structure; see :func:`ewald.io.read.neutral_spaces`."""
    del mobile, most_ions, strict  # free numbers are the user's: nothing is chosen
    parts = Parts.from_structure(structure, charges, couple, symprec_A)
    matrix = supercell_matrix(supercell)
    copies = round(abs(np.linalg.det(matrix)))
    groups = parts.orbits
    chosen = {groups.index(named_group(groups, one.name, "free")): one for one in free_counts}
    numbers: Numbers = []
    free = []
    for position, group in enumerate(groups):
        if position in chosen:
            species = list(group.ions(1))
            levels = [parts.charges.get(one, 0.0) for one in species]
            sites = len(group.sites) * copies
            free.append(FreeSublattice.within(chosen[position], group.name, sites, species, levels))
            numbers.append(({}, None))
        else:
            fixed = [other for k, other in enumerate(groups) if k not in chosen]
            numbers.append(whole_counts(group, copies, fixed, occupancy_tolerance))
    rest_e = math.fsum(parts.charges.get(s, 0.0) * n for counts, _ in numbers for s, n in counts.items())
    spaces = []
    for choice in neutral_choices(free, rest_e):
        for position, counts in zip(sorted(chosen), choice, strict=True):
            numbers[position] = (counts, None)
        spaces.append(parts.space(matrix, numbers, min_distance_A, symprec_A))
    return tuple(spaces)
