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

A sublattice may say ``occupancies`` instead of ``counts``. One sublattice of two species may write ``balance`` for
both its counts: then they follow from neutrality.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from ewald.errors import StructureError
from ewald.occupancy import OCCUPANCY_TOLERANCE, SiteGroup, whole_counts
from ewald.oxidation import ion_name
from ewald.space import VACANCY, ConfigurationSpace, Sublattice
from ewald.structure_io import FILE_SYMPREC_A, from_structure, on_symmetric_positions, read_structure
from ewald.supercell import expand, supercell_matrix


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SublatticeEntry(_Part):
    """One sublattice of a space file."""

    name: str
    frac_coords: list[tuple[float, float, float]]
    counts: dict[str, int | Literal["all", "balance"]] | None = None
    occupancies: dict[str, float] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "SublatticeEntry":
        if (self.counts is None) == (self.occupancies is None):
            raise ValueError("give either counts or occupancies")
        if not self.frac_coords:
            raise ValueError("an empty sublattice: give it frac_coords")
        return self


class SpaceFile(_Part):
    """The content of a space file."""

    structure: str | None = None
    lattice: list[tuple[float, float, float]] | None = None
    sublattices: list[SublatticeEntry] | None = None
    supercell: str | int | list[int] | list[list[int]] | None = None
    charges: dict[str, float] | None = None
    couple: list[str] | None = None
    balance: str | None = None
    min_distance_A: float | None = None
    occupancy_tolerance: float | None = None
    symprec_A: float | None = None

    @model_validator(mode="after")
    def _one_shape(self) -> "SpaceFile":
        if (self.structure is None) == (self.lattice is None):
            raise ValueError("give either structure, or lattice and sublattices")
        if self.lattice is not None and (len(self.lattice) != 3 or not self.sublattices):
            raise ValueError("lattice needs three rows, and sublattices beside it")
        if self.structure is not None and self.sublattices is not None:
            raise ValueError("sublattices go with lattice; with structure use couple and balance")
        if self.lattice is not None and (self.couple or self.balance):
            raise ValueError("couple and balance go with structure; pool the sites in one sublattice instead")
        return self


def read_space_file(path: Path, options: Mapping[str, Any]) -> ConfigurationSpace:
    """Read a space file; options given by the caller go before what the file says.

    Raises
    ------
    StructureError
        Naming the field that is wrong.
    """
    content = _parsed(path)
    settings = content.model_dump(exclude={"structure", "lattice", "sublattices"}, exclude_none=True)
    settings.update(options)
    if content.structure is not None:
        source = path.parent / content.structure
        if not source.is_file():
            raise StructureError("no such file", file=path, field="structure", value=content.structure)
        return from_structure(read_structure(source), **settings)
    for name in ("couple", "balance"):
        if settings.pop(name, None):
            raise StructureError(f"--{name} needs a structure file; pool the sites in one sublattice", file=path)
    return _explicit(content, settings)


def _parsed(path: Path) -> SpaceFile:
    try:
        return SpaceFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise StructureError(f"not valid YAML ({str(error).splitlines()[0]})", file=path) from error
    except UnicodeDecodeError as error:
        raise StructureError("not a text file", file=path) from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or None
        raise StructureError(first["msg"].removeprefix("Value error, "), file=path, field=field) from error


def _explicit(content: SpaceFile, settings: Mapping[str, Any]) -> ConfigurationSpace:
    entries = content.sublattices or []
    matrix = supercell_matrix(settings.get("supercell"))
    copies = round(abs(np.linalg.det(matrix)))
    charges = settings.get("charges") or {}
    counts, notes = _all_counts(entries, copies, charges, settings.get("occupancy_tolerance", OCCUPANCY_TOLERANCE))
    sublattices, start = [], 0
    for entry, numbers in zip(entries, counts, strict=True):
        size = len(entry.frac_coords) * copies
        sublattices.append(_named(entry.name, range(start, start + size), numbers, charges))
        start += size
    lattice = np.array(content.lattice, dtype=float)
    coords = np.concatenate([np.array(entry.frac_coords, dtype=float) for entry in entries])
    if not np.isfinite(coords).all() or not np.isfinite(lattice).all():
        raise StructureError("not a finite number", field="lattice or frac_coords", mend="correct the coordinates")
    space = ConfigurationSpace(
        matrix @ lattice, expand(coords, matrix), tuple(sublattices), settings.get("min_distance_A", 0.0), tuple(notes)
    )
    return on_symmetric_positions(space, settings.get("symprec_A", FILE_SYMPREC_A))


def _all_counts(
    entries: list[SublatticeEntry], copies: int, charges: Mapping[str, float], tolerance: float
) -> tuple[list[dict[str, int]], list[str]]:
    groups = [
        SiteGroup(
            e.name,
            len(e.frac_coords),
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
            result.append({s: size if n == "all" else int(n) for s, n in numbers.items()})
    if free:
        rest = math.fsum(charges.get(s, 0.0) * n for numbers in result for s, n in numbers.items())
        result[free[0]] = _balance(entries[free[0]], copies, charges, rest, len(free))
    return result, notes


def _balance(
    entry: SublatticeEntry, copies: int, charges: Mapping[str, float], rest: float, wishes: int
) -> dict[str, int]:
    species = list(entry.counts or {})
    if wishes > 1 or len(species) != 2 or set((entry.counts or {}).values()) != {"balance"}:
        raise StructureError(
            "balance stands for both counts of one sublattice of two species", field=f"sublattice {entry.name}"
        )
    from ewald.structure_io import balanced_counts

    return balanced_counts(entry.name, (species[0], species[1]), len(entry.frac_coords) * copies, charges, rest)


def _named(name: str, sites: range, counts: Mapping[str, int], charges: Mapping[str, float]) -> Sublattice:
    """Make the sublattice, its species named with their charges."""
    species, values = [], []
    for given in counts:
        if given == VACANCY:
            species.append(VACANCY)
            values.append(0.0)
            continue
        if given not in charges:
            raise StructureError(
                "a species without a charge", field="charges", value=given, mend=f"add {given} to charges"
            )
        species.append(given if given[-1] in "+-" else ion_name(given, charges[given]))
        values.append(charges[given])
    return Sublattice(name, tuple(sites), tuple(species), tuple(values), tuple(counts.values()))
