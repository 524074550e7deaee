"""The edge to structure files: partially occupied structures in, spaces out."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ewald.errors import StructureError, UserError
from ewald.io.neutral import FreeCounts, FreeSublattice, neutral_choices
from ewald.io.occupancy import OCCUPANCY_TOLERANCE, PartialSublattice, balanced_counts, whole_counts
from ewald.io.oxidation import ChargedStructure, assign_charges
from ewald.io.supercell import Supercell, expand, supercell_matrix
from ewald.io.wyckoff import couple_orbits, refuse_shared_spots, wyckoff_orbits
from ewald.ions import VACANCY, element_of, ion_name
from ewald.space.space import ConfigurationSpace
from ewald.space.sublattice import Sublattice
from ewald.space.symmetrize import symmetrized

if TYPE_CHECKING:
    from pymatgen.core import Structure

# As files round their coordinates; sites are then moved to where symmetry puts them.
FILE_SYMPREC_A = 0.01


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


def read_structure(file: Path, *, field: str | None = None) -> "Structure":
    """Read a structure file with pymatgen, partial occupancies kept, without reducing the cell.

    Parameters
    ----------
    file
        CIF, POSCAR or whatever else pymatgen reads.
    field
        Where the file is named, for the error.

    Raises
    ------
    StructureError
        If pymatgen cannot read it.
    """
    import warnings

    from pymatgen.core import Structure
    from pymatgen.io.cif import CifParser

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if file.suffix.lower() in {".cif", ".mcif"}:
                parser = CifParser(str(file), occupancy_tolerance=1.0)
                _refuse_missing_coordinates(parser.as_dict(), file)
                return parser.parse_structures(primitive=False)[0]
            return Structure.from_file(str(file))
    except UserError:
        raise
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StructureError(
            f"cannot be read as a structure ({reason})", file=file, field=field, fix="give a CIF or POSCAR"
        ) from error


def _refuse_missing_coordinates(blocks: Mapping[str, Mapping[str, Any]], file: Path) -> None:
    """Refuse coordinates that are no numbers: readers of CIF take them for zero, or drop the atom."""
    for block in blocks.values():
        for axis in "xyz":
            column = f"_atom_site_fract_{axis}"
            for row, text in enumerate(block.get(column, ())):
                try:
                    finite = math.isfinite(float(re.sub(r"\(\d*\)", "", text)))
                except ValueError:
                    finite = False
                if not finite:
                    labels = block.get("_atom_site_label", ())
                    raise StructureError(
                        "not a finite number",
                        file=file,
                        field=f"{column}, atom {labels[row] if row < len(labels) else row + 1}",
                        value=text,
                        fix="give the atom a coordinate, or remove it",
                    )


def from_structure(
    structure: Any,
    supercell: Supercell = None,
    *,
    charges: Mapping[str, float] | None = None,
    couple: Sequence[str] = (),
    balance: str | None = None,
    min_distance_A: float = 0.0,
    occupancy_tolerance: float = OCCUPANCY_TOLERANCE,
    symprec_A: float = FILE_SYMPREC_A,
) -> ConfigurationSpace:
    """Make the space of a partially occupied structure; the missing part of a site is vacancy.

    Sites that symmetry exchanges share one sublattice; different Wyckoff orbits are different sublattices, even where
    their composition is equal, unless a site property ``sublattice`` of the structure or ``couple`` joins them.

    Parameters
    ----------
    structure
        pymatgen Structure, disordered or not.
    supercell
        See :func:`ewald.io.supercell.supercell_matrix`.
    charges
        Charges in e by element symbol or species name; they win over those of the structure. What neither gives is
        guessed, see :func:`ewald.io.oxidation.assign_charges`.
    couple
        Sublattices that share one pool of ions: an element symbol joins all sublattices that carry it, and
        ``"Na1+Na2"`` the sublattices so named.
    balance
        Name or element of one sublattice of two species whose numbers follow from neutrality, not from occupancies.
    min_distance_A
        Two variable sites closer than this never both carry an ion.
    occupancy_tolerance
        Largest change of an occupancy that is taken for rounding in the file.
    symprec_A
        Tolerance of the symmetry search; sites are moved to their symmetric positions.

    Raises
    ------
    StructureError
        For missing charges, occupancies that give no whole numbers, unknown names and the like.
    """
    parts = Parts.from_structure(structure, supercell, charges, couple, symprec_A)
    numbers = _numbers(parts.orbits, parts.copies, parts.charges, balance, occupancy_tolerance)
    return parts.space(numbers, min_distance_A, symprec_A)


Numbers = list[tuple[dict[str, int], str | None]]


@dataclass(frozen=True, eq=False)
class Parts:
    """A structure taken apart into what spaces are made of, the numbers of ions left open."""

    lattice: NDArray[np.float64]
    frac_coords: NDArray[np.float64]
    orbits: tuple[PartialSublattice, ...]
    copies: int
    charges: Mapping[str, float]
    notes: tuple[str, ...]

    @classmethod
    def from_structure(
        cls,
        structure: Any,
        supercell: Supercell,
        charges: Mapping[str, float] | None,
        couple: Sequence[str],
        symprec_A: float,
    ) -> "Parts":
        """Find charges, orbits and supercell; see :func:`from_structure`."""
        charged = assign_charges(structure, charges)
        structure = charged.structure
        states = {one: float(one.oxi_state) for one in structure.composition.elements}
        matrix = supercell_matrix(supercell)
        return cls(
            lattice=matrix @ structure.lattice.matrix,
            frac_coords=expand(np.asarray(structure.frac_coords), matrix),
            orbits=tuple(couple_orbits(wyckoff_orbits(structure, states, symprec_A), couple)),
            copies=round(abs(np.linalg.det(matrix))),
            charges={ion_name(element_of(one), charge): charge for one, charge in states.items()},
            notes=_charge_notes(charged),
        )

    def space(self, numbers: Numbers, min_distance_A: float, symprec_A: float) -> ConfigurationSpace:
        """Make the space of given numbers of ions, one entry per orbit, its sites on their symmetric positions."""
        sublattices = tuple(
            _sublattice(orbit, counts, self.charges, self.copies)
            for orbit, (counts, _) in zip(self.orbits, numbers, strict=True)
        )
        notes = (*self.notes, *(note for _, note in numbers if note))
        space = ConfigurationSpace(self.lattice, self.frac_coords, sublattices, min_distance_A, notes)
        return on_symmetric_positions(space, symprec_A)


def _charge_notes(charged: ChargedStructure) -> tuple[str, ...]:
    sources = "; ".join(f"{', '.join(ions)} ({source})" for source, ions in charged.origin.items())
    overruled = (f"the file says {ion}; --charges {charge:+g} is used" for ion, charge in charged.overruled)
    return (f"charges: {sources}", *overruled)


def neutral_of_structure(
    structure: Any,
    free_counts: Sequence[FreeCounts],
    supercell: Supercell = None,
    *,
    charges: Mapping[str, float] | None = None,
    couple: Sequence[str] = (),
    min_distance_A: float = 0.0,
    occupancy_tolerance: float = OCCUPANCY_TOLERANCE,
    symprec_A: float = FILE_SYMPREC_A,
) -> tuple[ConfigurationSpace, ...]:
    """Make the neutral spaces of a partially occupied structure; see :func:`ewald.io.read.neutral_spaces`."""
    parts = Parts.from_structure(structure, supercell, charges, couple, symprec_A)
    groups = parts.orbits
    chosen = {groups.index(_named_group(groups, one.name, "free")): one for one in free_counts}
    numbers: Numbers = []
    free = []
    for position, group in enumerate(groups):
        if position in chosen:
            species = list(group.ions(1))
            levels = [parts.charges.get(one, 0.0) for one in species]
            sites = len(group.sites) * parts.copies
            free.append(FreeSublattice.within(chosen[position], group.name, sites, species, levels))
            numbers.append(({}, None))
        else:
            fixed = [other for k, other in enumerate(groups) if k not in chosen]
            numbers.append(whole_counts(group, parts.copies, fixed, occupancy_tolerance))
    rest_e = math.fsum(parts.charges.get(s, 0.0) * n for counts, _ in numbers for s, n in counts.items())
    spaces = []
    for choice in neutral_choices(free, rest_e):
        for position, counts in zip(sorted(chosen), choice, strict=True):
            numbers[position] = (counts, None)
        spaces.append(parts.space(numbers, min_distance_A, symprec_A))
    return tuple(spaces)


def on_symmetric_positions(space: ConfigurationSpace, symprec_A: float) -> ConfigurationSpace:
    """Move the sites of a space to where the symmetry found within ``symprec_A`` puts them, and note by how much."""
    refuse_shared_spots(space.lattice, space.frac_coords, symprec_A)
    lattice, coords, moved_A = symmetrized(space.lattice, space.frac_coords, space.labels, symprec_A)
    notes = space.notes
    if moved_A > 1e-6:
        notes = (*notes, f"sites moved by up to {moved_A:.2g} A onto their symmetric positions")
    return replace(space, lattice=lattice, frac_coords=coords, notes=notes)


def _numbers(
    groups: Sequence[PartialSublattice],
    copies: int,
    charges: Mapping[str, float],
    balance: str | None,
    tolerance: float,
) -> Numbers:
    free = None if balance is None else _named_group(groups, balance, "balance")
    if free is not None and len(free.ions(1)) != 2:
        raise StructureError(
            "must name one sublattice of two species (vacancy is one)",
            field="balance",
            value=balance,
            fix=f"choose among {', '.join(g.name for g in groups if len(g.ions(1)) == 2)}, or free its numbers",
        )
    others = [group for group in groups if group is not free]
    known = charges if free is None else None
    numbers: Numbers = []
    for group in groups:
        numbers.append(({}, None) if group is free else whole_counts(group, copies, others, tolerance, known))
    if free is not None:
        rest = math.fsum(charges.get(s, 0.0) * n for counts, _ in numbers for s, n in counts.items())
        first, second = free.ions(copies)
        counts = balanced_counts(free.name, (first, second), len(free.sites) * copies, charges, rest)
        shown = " and ".join(f"{number} {species}" for species, number in counts.items())
        numbers[groups.index(free)] = (counts, f"sublattice {free.name}: {shown} by neutrality")
    return numbers


def _named_group(groups: Sequence[PartialSublattice], name: str, field: str) -> PartialSublattice:
    """Find the sublattice of a name, or the one with room for choice that carries an element."""
    carrying = [g for g in groups if len(g.ions(1)) > 1 and name in g.elements]
    named = [g for g in groups if g.name == name] or carrying
    if len(named) != 1:
        raise StructureError(
            "must name one sublattice",
            field=field,
            value=name,
            fix=_names_to_choose(groups, carrying, name),
        )
    return named[0]


def _names_to_choose(groups: Sequence[PartialSublattice], carrying: Sequence[PartialSublattice], name: str) -> str:
    open_numbers = [g.name for g in carrying or groups if len(g.ions(1)) > 1]
    return f"choose among {', '.join(open_numbers)}" + (f", or --couple {name} to join them" if carrying else "")


def _sublattice(
    orbit: PartialSublattice, counts: Mapping[str, int], charges: Mapping[str, float], copies: int
) -> Sublattice:
    sites = tuple(site * copies + copy for site in orbit.sites for copy in range(copies))
    species = tuple(counts)
    return Sublattice(
        orbit.name,
        sites,
        species,
        tuple(charges.get(name, math.nan) if name != VACANCY else 0.0 for name in species),
        tuple(counts.values()),
    )
