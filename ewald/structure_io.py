"""The edge to structure files: partially occupied structures in, ordered structures and CIFs out."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ewald.errors import StructureError, UserError
from ewald.occupancy import OCCUPANCY_TOLERANCE, SiteGroup, whole_counts
from ewald.oxidation import element_of, ion_name, resolve_charges
from ewald.space import VACANCY, ConfigurationSpace, Sublattice
from ewald.supercell import Supercell, expand, supercell_matrix
from ewald.symmetrize import symmetrized
from ewald.symmetry import find_operations, site_labels, site_permutations

if TYPE_CHECKING:
    from pymatgen.core import Structure

# As files round their coordinates; sites are then moved to where symmetry puts them.
FILE_SYMPREC_A = 0.01


def from_file(path: str | Path, **options: Any) -> ConfigurationSpace:
    """Read a space from a YAML space file, or from any structure file pymatgen reads (CIF, POSCAR, ...).

    Parameters
    ----------
    path
        The file. Names ending in .yaml or .yml are space files; see :mod:`ewald.space_file`.
    **options
        As for :func:`from_structure`.

    Raises
    ------
    UserError
        If the file is missing or unreadable; messages name the file.
    """
    file = Path(path)
    if not file.is_file():
        raise UserError("no such file", file=file, mend="check the path")
    try:
        if file.suffix.lower() in {".yaml", ".yml"}:
            from ewald.space_file import read_space_file

            return read_space_file(file, options)
        return from_structure(read_structure(file), **options)
    except UserError as error:
        if error.file is not None:
            raise
        raise type(error)(
            error.problem, file=file, field=error.field, value=error.value, mend=error.mend
        ) from error.__cause__


def read_structure(file: Path) -> "Structure":
    """Read a structure file with pymatgen, partial occupancies kept, without reducing the cell.

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
                return CifParser(str(file), occupancy_tolerance=1.0).parse_structures(primitive=False)[0]
            return Structure.from_file(str(file))
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StructureError(f"not a readable structure ({reason})", file=file, mend="give a CIF or POSCAR") from error


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
        See :func:`ewald.supercell.supercell_matrix`.
    charges
        Charges by element symbol, for species to which the structure gives none. What is still missing is guessed.
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
    states, notes = resolve_charges(structure.composition.elements, structure.composition.get_el_amt_dict(), charges)
    orbits = couple_orbits(_orbits(structure, states, symprec_A), couple)
    matrix = supercell_matrix(supercell)
    copies = round(abs(np.linalg.det(matrix)))
    all_charges = {ion_name(_symbol(one), charge): charge for one, charge in states.items()}
    groups = [orbit.group() for orbit in orbits]
    numbers = _numbers(groups, copies, all_charges, balance, occupancy_tolerance)
    sublattices = tuple(
        _sublattice(orbit, counts, all_charges, copies) for orbit, (counts, _) in zip(orbits, numbers, strict=True)
    )
    space = ConfigurationSpace(
        matrix @ structure.lattice.matrix,
        expand(np.asarray(structure.frac_coords), matrix),
        sublattices,
        min_distance_A,
        (*notes, *(note for _, note in numbers if note)),
    )
    return on_symmetric_positions(space, symprec_A)


def on_symmetric_positions(space: ConfigurationSpace, symprec_A: float) -> ConfigurationSpace:
    """Move the sites of a space to where the symmetry found within ``symprec_A`` puts them, and note by how much."""
    _refuse_shared_spots(space.lattice, space.frac_coords, symprec_A)
    lattice, coords, moved_A = symmetrized(space.lattice, space.frac_coords, site_labels(space), symprec_A)
    notes = space.notes
    if moved_A > 1e-6:
        notes = (*notes, f"sites moved by up to {moved_A:.2g} A onto their symmetric positions")
    return ConfigurationSpace(lattice, coords, space.sublattices, space.min_distance_A, notes)


def _refuse_shared_spots(lattice: NDArray[np.float64], frac_coords: NDArray[np.float64], symprec_A: float) -> None:
    from ewald.distances import close_pairs

    spots = close_pairs(lattice, frac_coords, 2 * symprec_A)
    if spots:
        raise StructureError(
            f"sites {spots[0][0]} and {spots[0][1]} are {spots[0][2]:.4f} A apart: two ions on one spot",
            field="sites",
            mend="remove one of the two, or give both species to one site",
        )


@dataclass(frozen=True)
class Orbit:
    """Sites of the unit cell that will share one sublattice, with the mean amounts of ions they hold together."""

    name: str
    sites: tuple[int, ...]
    amounts: Mapping[str, float]

    @property
    def elements(self) -> set[str]:
        """The elements it carries."""
        return {element_of(species) for species in self.amounts}

    def group(self) -> SiteGroup:
        """Give what is needed to find whole numbers."""
        return SiteGroup(self.name, len(self.sites), self.amounts)

    def joined(self, other: "Orbit", name: str) -> "Orbit":
        """Pool the ions of two orbits."""
        amounts = dict(self.amounts)
        for species, amount in other.amounts.items():
            amounts[species] = amounts.get(species, 0.0) + amount
        return Orbit(name, self.sites + other.sites, amounts)


def _orbits(structure: Any, states: Mapping[Any, float], symprec_A: float) -> list[Orbit]:
    contents = [_content(site, states) for site in structure]
    properties = structure.site_properties.get("sublattice") or [None] * len(structure)
    kinds: dict[object, int] = {}
    keys = [(tuple(sorted(content.items())), tag) for content, tag in zip(contents, properties, strict=True)]
    labels = np.array([kinds.setdefault(key, len(kinds) + 1) for key in keys], dtype=np.intc)
    lattice, coords = structure.lattice.matrix, np.asarray(structure.frac_coords)
    _refuse_shared_spots(lattice, coords, symprec_A)
    operations = find_operations(lattice, coords, labels, symprec_A)
    representative = site_permutations(lattice, coords, operations, symprec_A)[1].min(axis=0)
    members: dict[object, list[int]] = {}
    for site, first in enumerate(representative):
        content = contents[site]
        full = len(content) == 1 and abs(sum(content.values()) - 1) < 1e-8
        pool: object = properties[site] or ((next(iter(content)),) if full else int(first))
        members.setdefault(pool, []).append(site)
    orbits = []
    for pool, sites in members.items():
        amounts: dict[str, float] = {}
        for site in sites:
            for species, amount in contents[site].items():
                amounts[species] = amounts.get(species, 0.0) + amount
        orbits.append(Orbit(_name(structure, pool, sites, amounts), tuple(sites), amounts))
    return _with_unique_names(orbits)


def _content(site: Any, states: Mapping[Any, float]) -> dict[str, float]:
    content: dict[str, float] = {}
    for one, amount in site.species.items():
        name = ion_name(_symbol(one), states[one])
        content[name] = content.get(name, 0.0) + round(float(amount), 9)
    return content


def _name(structure: Any, pool: object, sites: list[int], amounts: Mapping[str, float]) -> str:
    if isinstance(pool, str):
        return pool
    label = getattr(structure[sites[0]], "label", None)
    elements = "/".join(dict.fromkeys(element_of(species) for species in amounts))
    labels = {getattr(structure[site], "label", None) for site in sites}
    plain = label and len(labels) == 1 and label[:1].isalpha() and label.isalnum()
    return str(label) if plain else elements


def _with_unique_names(orbits: list[Orbit]) -> list[Orbit]:
    names = [orbit.name for orbit in orbits]
    seen: dict[str, int] = {}
    unique = []
    for orbit in orbits:
        seen[orbit.name] = seen.get(orbit.name, 0) + 1
        name = f"{orbit.name}_{seen[orbit.name]}" if names.count(orbit.name) > 1 else orbit.name
        unique.append(Orbit(name, orbit.sites, orbit.amounts))
    return unique


def couple_orbits(orbits: Sequence[Orbit], couple: Sequence[str]) -> list[Orbit]:
    """Join the orbits that share one pool of ions.

    Raises
    ------
    StructureError
        If a name fits no orbit, or an element only one.
    """
    result = list(orbits)
    for wish in couple:
        names = [name.strip() for name in wish.split("+")]
        chosen = [o for o in result if o.name in names or (len(names) == 1 and names[0] in o.elements)]
        if len(chosen) < 2 or (len(names) > 1 and len(chosen) != len(names)):
            raise StructureError(
                "names fewer than two sublattices to couple",
                field="couple",
                value=wish,
                mend=f"name an element or join names with +; the sublattices are {', '.join(o.name for o in result)}",
            )
        joined = chosen[0]
        for other in chosen[1:]:
            joined = joined.joined(other, wish)
        position = result.index(chosen[0])
        result = [joined if k == position else o for k, o in enumerate(result) if k == position or o not in chosen]
    return result


def _numbers(
    groups: Sequence[SiteGroup],
    copies: int,
    charges: Mapping[str, float],
    balance: str | None,
    tolerance: float,
) -> list[tuple[dict[str, int], str | None]]:
    free = _balanced_group(groups, balance)
    numbers: list[tuple[dict[str, int], str | None]] = []
    for group in groups:
        numbers.append(({}, None) if group is free else whole_counts(group, copies, groups, tolerance))
    if free is not None:
        rest = math.fsum(charges.get(s, 0.0) * n for counts, _ in numbers for s, n in counts.items())
        first, second = free.ions(copies)
        counts = balanced_counts(free.name, (first, second), free.sites * copies, charges, rest)
        numbers[groups.index(free)] = (counts, f"sublattice {free.name}: {counts} by neutrality")
    return numbers


def _balanced_group(groups: Sequence[SiteGroup], balance: str | None) -> SiteGroup | None:
    if balance is None:
        return None
    carrying = [g for g in groups if len(g.ions(1)) > 1 and balance in map(element_of, g.amounts)]
    named = [g for g in groups if g.name == balance] or carrying
    if len(named) != 1 or len(named[0].ions(1)) != 2:
        raise StructureError(
            "must name one sublattice of two species (vacancy is one)",
            field="balance",
            value=balance,
            mend=f"choose among {', '.join(g.name for g in groups)}, or couple those of one element",
        )
    return named[0]


def balanced_counts(
    name: str, species: tuple[str, str], sites: int, charges: Mapping[str, float], rest_e: float
) -> dict[str, int]:
    """Find how many ions of two species on ``sites`` sites cancel the charge of the rest of the cell.

    Raises
    ------
    StructureError
        If no whole number between 0 and ``sites`` does.
    """
    first, second = species
    q1, q2 = charges.get(first, 0.0), charges.get(second, 0.0)
    number = (-rest_e - q2 * sites) / (q1 - q2) if q1 != q2 else -1.0
    if abs(number - round(number)) > 1e-6 or not 0 <= round(number) <= sites:
        raise StructureError(
            f"no number of {first} on its {sites} sites makes the cell neutral (the rest carries {rest_e:+g} e)",
            field=f"sublattice {name}",
            mend="change the charges or the supercell",
        )
    counts = {first: round(number), second: sites - round(number)}
    return {one: count for one, count in counts.items() if count}


def _sublattice(orbit: Orbit, counts: Mapping[str, int], charges: Mapping[str, float], copies: int) -> Sublattice:
    sites = tuple(site * copies + copy for site in orbit.sites for copy in range(copies))
    species = tuple(counts)
    return Sublattice(
        orbit.name,
        sites,
        species,
        tuple(charges.get(name, math.nan) if name != VACANCY else 0.0 for name in species),
        tuple(counts.values()),
    )


def _symbol(species: Any) -> str:
    return str(getattr(species, "symbol", species))


def ordered_structure(space: ConfigurationSpace, occupation: ArrayLike) -> "Structure":
    """Return one arrangement as a pymatgen Structure, vacancies left out, oxidation states on the species.

    Parameters
    ----------
    space
        The space.
    occupation
        Species index on every site, shape (N,).
    """
    from pymatgen.core import Lattice, Species, Structure

    names, charges = space.species_of(occupation), space.charges_of(occupation)
    filled = [site for site, name in enumerate(names) if name != VACANCY]
    return Structure(
        Lattice(space.lattice),
        [Species(element_of(names[site]), float(charges[site])) for site in filled],
        space.frac_coords[filled],
        to_unit_cell=True,
    )


def cif_text(space: ConfigurationSpace, occupation: ArrayLike) -> str:
    """Format one arrangement as an ordered CIF of the whole cell (P 1), with oxidation states.

    Coordinates carry twelve decimals, so that the energy of the file equals the one stated to rounding.
    """
    names, charges = space.species_of(occupation), space.charges_of(occupation)
    order = sorted((site for site, name in enumerate(names) if name != VACANCY), key=lambda site: (names[site], site))
    lines = ["data_arrangement", "_symmetry_space_group_name_H-M   'P 1'", "_symmetry_Int_Tables_number   1"]
    lines += _cell_lines(space.lattice)
    lines += ["loop_", " _symmetry_equiv_pos_site_id", " _symmetry_equiv_pos_as_xyz", "  1  'x, y, z'"]
    states = {names[site]: charges[site] for site in order}
    lines += ["loop_", " _atom_type_symbol", " _atom_type_oxidation_number"]
    lines += [f"  {name}  {charge:.6g}" for name, charge in states.items()]
    lines += ["loop_"]
    columns = ("type_symbol", "label", "symmetry_multiplicity", "fract_x", "fract_y", "fract_z", "occupancy")
    lines += [f" _atom_site_{column}" for column in columns]
    for number, site in enumerate(order):
        x, y, z = (value - math.floor(value) for value in space.frac_coords[site])
        lines.append(f"  {names[site]}  {element_of(names[site])}{number}  1  {x:.12f}  {y:.12f}  {z:.12f}  1.0")
    return "\n".join(lines) + "\n"


def _cell_lines(lattice: NDArray[np.float64]) -> list[str]:
    lengths = np.linalg.norm(lattice, axis=1)
    lines = [f"_cell_length_{name}   {value:.12f}" for name, value in zip("abc", lengths, strict=True)]
    for name, (i, j) in (("alpha", (1, 2)), ("beta", (0, 2)), ("gamma", (0, 1))):
        cosine = float(lattice[i] @ lattice[j] / (lengths[i] * lengths[j]))
        angle = 90.0 if abs(cosine) < 1e-14 else math.degrees(math.acos(cosine))
        lines.append(f"_cell_angle_{name}   {angle:.12f}")
    return lines
