"""YAML space files: a configuration space written out by hand.

Two shapes. The first refines a structure file (its path is relative to the space file)::

    structure: Li10GeP2S12.cif
    supercell: 1 1 2
    couple: [Li]
    charges: {Li: 1, Ge: 4, P: 5, S: -2}

The second says everything itself; counts are those of the supercell::

    lattice: [[7.19, 0, 0], [0, 7.19, 0], [0, 0, 7.19]]
    supercell: 2 2 3
    charges: {Na: 1, Sb: 5, W: 6, S: -2}
    sublattices:
      - {name: Na, frac_coords: [[0, 0.5, 0.5], ...], counts: {Na: 69, vacancy: 3}}
      - {name: Sb, frac_coords: [...], counts: {Sb: 21, W: 3}}
      - {name: S, frac_coords: [...], counts: {S: all}}

Either may say how ions interact beside their formal charges, in ``pairs`` (:mod:`ewald.pairs.model`)::

    pairs: {terms: [{between: [Na, S], born_mayer: {A_eV: 1200, rho_A: 0.32}}]}

or ``pairs: born_mayer`` for the repulsion of :mod:`ewald.pairs.repulsion`; and a sublattice of the second shape may
give ``site_energies_eV: {Na: [0, 0.1, ...]}``, one number for each of its ``frac_coords``.

``apart: [[0, 4], ...]`` of the second shape names pairs of sites that never both carry an ion, whatever their
distance, by their numbers from 0 on through all sublattices. A sublattice may restrict species to some of its sites,
named by their places in ``frac_coords``, from 0: ``only: {Al: [0, 1]}``. It may say ``occupancies`` instead of
``counts``. One sublattice of two species may write ``balance`` for both its counts: then they follow from neutrality.
Numbers may also be ``free``, or a range ``[low, high]``, on any number of sublattices (beside a structure: ``free:
[Na, "Sb:W=0-6"]``): then the file stands for all spaces whose numbers make the cell neutral; see
:func:`ewald.neutral_spaces`.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from ewald.errors import StructureError
from ewald.files.document import read_yaml, user_error
from ewald.io.choices.set_occupancy import set_occupancies
from ewald.io.neutral import FreeCounts, FreeSublattice, neutral_choices
from ewald.io.occupancy import OCCUPANCY_TOLERANCE, PartialSublattice, balanced_counts, whole_counts
from ewald.io.parts import on_symmetric_positions
from ewald.io.structure import FILE_SYMPREC_A, from_structure, neutral_of_structure, read_structure
from ewald.io.supercell import expand, supercell_matrix
from ewald.io.with_pairs import with_pairs
from ewald.ions import VACANCY, ion_name
from ewald.pairs.model import PairModel
from ewald.space.space import ConfigurationSpace
from ewald.space.sublattice import Sublattice


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _SublatticeEntry(_Part):
    """One sublattice of a space file."""

    name: str
    frac_coords: list[tuple[float, float, float]]
    counts: dict[str, int | Literal["all", "balance", "free"] | tuple[int, int]] | None = None
    only: dict[str, list[int]] | None = None
    occupancies: dict[str, float] | None = None
    site_energies_eV: dict[str, list[float]] = {}

    @model_validator(mode="after")
    def _one_way(self) -> "_SublatticeEntry":
        if (self.counts is None) == (self.occupancies is None):
            raise ValueError("give either counts or occupancies")
        if not self.frac_coords:
            raise ValueError("an empty sublattice: give it frac_coords")
        if any(len(energies) != len(self.frac_coords) for energies in self.site_energies_eV.values()):
            raise ValueError("site_energies_eV needs one number for each of its frac_coords")
        return self

    @property
    def free(self) -> bool:
        """Whether a count is free or a range."""
        return any(count == "free" or isinstance(count, tuple) for count in (self.counts or {}).values())


class _SpaceFile(_Part):
    """The content of a space file."""

    structure: str | None = None
    lattice: list[tuple[float, float, float]] | None = None
    sublattices: list[_SublatticeEntry] | None = None
    supercell: str | int | list[int] | list[list[int]] | None = None
    charges: dict[str, float] | None = None
    couple: list[str] | None = None
    balance: str | None = None
    free: list[str] | None = None
    min_distance_A: float | None = None
    closest_A: dict[str, float] | None = None
    apart: list[tuple[int, int]] | None = None
    block: str | None = None
    ignore_formula: bool | None = None
    occupancy: list[str] | None = None
    mobile: str | None = None
    most_ions: int | None = None
    strict: bool | None = None
    occupancy_tolerance: float | None = None
    symprec_A: float | None = None
    pairs: PairModel | Literal["born_mayer"] | None = None

    @model_validator(mode="after")
    def _one_shape(self) -> "_SpaceFile":
        if (self.structure is None) == (self.lattice is None):
            raise ValueError("give either structure, or lattice and sublattices")
        if self.lattice is not None and (len(self.lattice) != 3 or not self.sublattices):
            raise ValueError("lattice needs three rows, and sublattices beside it")
        if self.structure is not None and self.sublattices is not None:
            raise ValueError("sublattices go with lattice; with structure use couple and balance")
        if self.lattice is not None and (self.couple or self.balance):
            raise ValueError("couple and balance go with structure; pool the sites in one sublattice instead")
        if self.lattice is not None and (self.mobile or self.most_ions or self.block or self.occupancy):
            raise ValueError("mobile, most_ions, block and occupancy go with structure; the sublattices define them")
        if self.apart and (self.lattice is None or self.supercell is not None):
            raise ValueError("apart numbers the sites of the sublattices: give lattice and all sites, and no supercell")
        if self.lattice is not None and self.free:
            raise ValueError("free goes with structure; write free as the counts of a sublattice instead")
        return self

    @property
    def is_free(self) -> bool:
        """Whether the file stands for several spaces."""
        return bool(self.free) or any(entry.free for entry in self.sublattices or ())


def read_space_file(path: Path, options: Mapping[str, Any]) -> ConfigurationSpace:
    """Read a space file; options given by the caller go before what the file says.

    Raises
    ------
    StructureError
        Naming the field that is wrong.
    """
    content = _parsed(path)
    if content.is_free:
        raise StructureError(
            "its numbers are free, so it defines several spaces", file=path, fix="use ewald.neutral_spaces"
        )
    settings = _settings(content, options)
    if content.structure is not None:
        return with_pairs(from_structure(_source(content, path, settings), **settings), content.pairs)
    _refuse_structure_options(settings, path)
    return with_pairs(_explicit(content, settings), content.pairs)


def has_free_numbers(path: Path) -> bool:
    """Tell whether a space file stands for several spaces.

    Raises
    ------
    StructureError
        If it is no valid space file.
    """
    return _parsed(path).is_free


def read_neutral_spaces(
    path: Path, free_counts: Sequence[FreeCounts], options: Mapping[str, Any]
) -> tuple[ConfigurationSpace, ...]:
    """Read the spaces that a file with free numbers stands for; what the caller frees goes before the file's own.

    Raises
    ------
    StructureError
        Naming the field that is wrong.
    """
    content = _parsed(path)
    settings = _settings(content, options)
    if content.structure is not None:
        own = [FreeCounts.parse(text) for text in content.free or ()]
        named = {one.name for one in free_counts}
        wanted = [*(one for one in own if one.name not in named), *free_counts]
        spaces = neutral_of_structure(_source(content, path, settings), wanted, **settings)
    else:
        _refuse_structure_options(settings, path)
        spaces = _explicit_neutral(content, settings, {one.name: one for one in free_counts})
    return tuple(with_pairs(space, content.pairs) for space in spaces)


def _settings(content: _SpaceFile, options: Mapping[str, Any]) -> dict[str, Any]:
    settings = content.model_dump(
        exclude={"structure", "lattice", "sublattices", "free", "pairs", "apart"}, exclude_none=True
    )
    return settings | dict(options)


def _source(content: _SpaceFile, path: Path, settings: dict[str, Any]) -> Any:
    """Read the structure that a space file refines; takes the settings of reading out of the others."""
    name = content.structure or ""
    source = path.parent / name
    if not source.is_file():
        raise StructureError("no such file", file=path, field="structure", value=name)
    reading = {key: settings.pop(key) for key in ("block", "ignore_formula") if key in settings}
    return set_occupancies(read_structure(source, **reading), settings.pop("occupancy", ()))


def _refuse_structure_options(settings: dict[str, Any], path: Path) -> None:
    for name in ("couple", "balance", "block", "occupancy", "mobile"):
        if settings.pop(name, None):
            raise StructureError(f"--{name} needs a structure file; pool the sites in one sublattice", file=path)


def _parsed(path: Path) -> _SpaceFile:
    try:
        return _SpaceFile.model_validate(read_yaml(path, StructureError))
    except ValidationError as error:
        raise user_error(error, StructureError, model=_SpaceFile, file=path) from error


def _explicit(content: _SpaceFile, settings: Mapping[str, Any]) -> ConfigurationSpace:
    copies = _copies(settings)
    charges = settings.get("charges") or {}
    tolerance = settings.get("occupancy_tolerance", OCCUPANCY_TOLERANCE)
    counts, notes = _all_counts(content.sublattices or [], copies, charges, tolerance)
    return _with_counts(content, settings, counts, notes)


def _explicit_neutral(
    content: _SpaceFile, settings: Mapping[str, Any], free_counts: Mapping[str, FreeCounts]
) -> tuple[ConfigurationSpace, ...]:
    entries = content.sublattices or []
    for name in free_counts:
        if name not in {entry.name for entry in entries}:
            raise StructureError(
                "must name one sublattice",
                field="free",
                value=name,
                fix=f"choose among {', '.join(entry.name for entry in entries)}",
            )
    copies = _copies(settings)
    charges = settings.get("charges") or {}
    chosen = [k for k, entry in enumerate(entries) if entry.free or entry.name in free_counts]
    others = [entry for k, entry in enumerate(entries) if k not in chosen]
    tolerance = settings.get("occupancy_tolerance", OCCUPANCY_TOLERANCE)
    fixed, notes = _all_counts(others, copies, charges, tolerance)
    rest_e = math.fsum(_charge_of(s, charges) * n for numbers in fixed for s, n in numbers.items())
    free = [_free_sublattice(entries[k], copies, charges, free_counts.get(entries[k].name)) for k in chosen]
    spaces = []
    for choice in neutral_choices(free, rest_e):
        given, others_left = iter(choice), iter(fixed)
        counts = [next(given) if k in chosen else next(others_left) for k in range(len(entries))]
        spaces.append(_with_counts(content, settings, counts, notes))
    return tuple(spaces)


def _free_sublattice(
    entry: _SublatticeEntry, copies: int, charges: Mapping[str, float], own: FreeCounts | None
) -> FreeSublattice:
    given = entry.counts or dict.fromkeys(entry.occupancies or (), "free")
    limits: dict[str, tuple[int, int]] = {}
    for species, count in given.items():
        if isinstance(count, tuple):
            limits[species] = count
        elif isinstance(count, int) and own is None:
            limits[species] = (count, count)
    levels = [_charge_of(species, charges) for species in given]
    sites = len(entry.frac_coords) * copies
    return FreeSublattice.within(own or FreeCounts(entry.name, limits), entry.name, sites, list(given), levels)


def _copies(settings: Mapping[str, Any]) -> int:
    return round(abs(np.linalg.det(supercell_matrix(settings.get("supercell")))))


def _with_counts(
    content: _SpaceFile, settings: Mapping[str, Any], counts: Sequence[Mapping[str, int]], notes: Sequence[str]
) -> ConfigurationSpace:
    entries = content.sublattices or []
    matrix, copies = supercell_matrix(settings.get("supercell")), _copies(settings)
    charges = settings.get("charges") or {}
    sublattices, start = [], 0
    for entry, numbers in zip(entries, counts, strict=True):
        size = len(entry.frac_coords) * copies
        sublattices.append(_named(entry, range(start, start + size), numbers, charges))
        start += size
    lattice = np.array(content.lattice, dtype=float)
    coords = np.concatenate([np.array(entry.frac_coords, dtype=float) for entry in entries])
    if not np.isfinite(coords).all() or not np.isfinite(lattice).all():
        raise StructureError("not a finite number", field="lattice or frac_coords", fix="correct the coordinates")
    space = ConfigurationSpace(
        matrix @ lattice,
        expand(coords, matrix),
        tuple(sublattices),
        settings.get("min_distance_A", 0.0),
        tuple(notes),
        closest_A=settings.get("closest_A", {}),
        site_energies_eV=_site_energies(entries, copies),
        apart=tuple(content.apart or ()),
    )
    return on_symmetric_positions(space, settings.get("symprec_A", FILE_SYMPREC_A))


def _site_energies(entries: Sequence[_SublatticeEntry], copies: int) -> dict[str, np.ndarray[Any, Any]]:
    """Energies of all sites of the supercell, zero where none is given."""
    names = dict.fromkeys(name for entry in entries for name in entry.site_energies_eV)
    return {
        name: np.repeat(
            [e for entry in entries for e in entry.site_energies_eV.get(name, [0.0] * len(entry.frac_coords))], copies
        )
        for name in names
    }


def _all_counts(
    entries: list[_SublatticeEntry], copies: int, charges: Mapping[str, float], tolerance: float
) -> tuple[list[dict[str, int]], list[str]]:
    groups = [
        PartialSublattice(
            e.name,
            tuple(range(len(e.frac_coords))),
            {s: x * len(e.frac_coords) for s, x in (e.occupancies or {}).items() if s != VACANCY},
        )
        for e in entries
    ]
    by_occupancy = [g for g, e in zip(groups, entries, strict=True) if e.occupancies is not None]
    result: list[dict[str, int]] = []
    notes: list[str] = []
    free: list[int] = []
    for position, (entry, group) in enumerate(zip(entries, groups, strict=True)):
        numbers = entry.counts or {}
        if entry.occupancies is not None:
            whole, note = whole_counts(group, copies, by_occupancy, tolerance)
            result.append(whole)
            notes += [note] if note else []
        elif "balance" in numbers.values():
            free.append(position)
            result.append({})
        else:
            size = len(entry.frac_coords) * copies
            result.append(
                {s: size if n == "all" else n for s, n in numbers.items() if isinstance(n, int) or n == "all"}
            )
    if free:
        rest = math.fsum(charges.get(s, 0.0) * n for numbers in result for s, n in numbers.items())
        result[free[0]] = _balance(entries[free[0]], copies, charges, rest, len(free))
    return result, notes


def _balance(
    entry: _SublatticeEntry, copies: int, charges: Mapping[str, float], rest: float, balanced: int
) -> dict[str, int]:
    species = list(entry.counts or {})
    if balanced > 1 or len(species) != 2 or set((entry.counts or {}).values()) != {"balance"}:
        raise StructureError(
            "balance replaces both counts of one sublattice of two species", field=f"sublattice {entry.name}"
        )
    return balanced_counts(entry.name, (species[0], species[1]), len(entry.frac_coords) * copies, charges, rest)


def _named(
    entry: _SublatticeEntry, sites: range, counts: Mapping[str, int], charges: Mapping[str, float]
) -> Sublattice:
    """Make the sublattice, its species named with their charges."""
    values = [_charge_of(given, charges) for given in counts]
    species = [
        given if given == VACANCY or given[-1] in "+-" else ion_name(given, charge)
        for given, charge in zip(counts, values, strict=True)
    ]
    names = dict(zip(counts, species, strict=True))
    copies = len(sites) // len(entry.frac_coords)
    only = []
    for given, places in (entry.only or {}).items():
        if given not in names or not all(0 <= place < len(entry.frac_coords) for place in places):
            raise StructureError(
                "must name a species of the sublattice, and places in its frac_coords",
                field=f"sublattice {entry.name}, only",
                value=f"{given}: {places}",
            )
        own = tuple(sites[place * copies + copy] for place in places for copy in range(copies))
        only.append((names[given], own))
    return Sublattice(entry.name, tuple(sites), tuple(species), tuple(values), tuple(counts.values()), tuple(only))


def _charge_of(species: str, charges: Mapping[str, float]) -> float:
    if species == VACANCY:
        return 0.0
    if species not in charges:
        raise StructureError(
            "a species without a charge", field="charges", value=species, fix=f"add {species} to charges"
        )
    return charges[species]
