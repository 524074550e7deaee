"""The formats in which arrangements are written: CIF, POSCAR, extended XYZ."""

from collections import Counter
from itertools import chain

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ewald.errors import UserError
from ewald.io.cif import cif_head, cif_line
from ewald.ions import VACANCY, element_of
from ewald.space.space import ConfigurationSpace

#: Ending of the files of each format.
SUFFIXES = {"cif": ".cif", "poscar": ".vasp", "extxyz": ".xyz"}


def arrangement_text(space: ConfigurationSpace, occupation: ArrayLike, file_format: str) -> str:
    """Format one arrangement, ions of a species together.

    Parameters
    ----------
    space, occupation
        The space, and the species index on every site, shape (N,).
    file_format
        ``"cif"`` (of the whole cell, P 1, with oxidation states), ``"poscar"`` or ``"extxyz"``.

    Raises
    ------
    UserError
        If there is no such format.
    """
    return ArrangementTexts(space, file_format).text(np.asarray(occupation, dtype=np.int8))


class ArrangementTexts:
    """Formats many arrangements of one space: what they have in common is formatted once.

    Parameters
    ----------
    space, file_format
        The space, and a format of :func:`arrangement_text`.

    Raises
    ------
    UserError
        If there is no such format.
    """

    def __init__(self, space: ConfigurationSpace, file_format: str) -> None:
        if file_format not in SUFFIXES:
            raise UserError("no such format", field="format", value=file_format, fix=f"one of {', '.join(SUFFIXES)}")
        self._space = space
        self._format = file_format
        self._head = ""
        species = {site: (s.species, s.charges) for s in space.sublattices for site in s.sites}
        # For every species of every site: by what its line is sorted, and the line before and after its number.
        self._lines = [
            [
                None if name == VACANCY else self._line(site, name, charge)
                for name, charge in zip(*species[site], strict=True)
            ]
            for site in range(len(space))
        ]
        self._order = sorted({line[0] for lines in self._lines for line in lines if line is not None})

    def text(self, occupation: NDArray[np.int8]) -> str:
        """Return one arrangement as text, given the species index on every site, shape (N,)."""
        self._head = self._head or _HEADS[self._format](self._space, occupation)
        sorted_lines: dict[str, list[tuple[str, str, str]]] = {key: [] for key in self._order}
        for lines, k in zip(self._lines, occupation.tolist(), strict=True):
            line = lines[k]
            if line is not None:
                sorted_lines[line[0]].append(line)
        rows = chain.from_iterable(sorted_lines.values())
        if self._format == "cif":
            return self._head + "".join(f"{before}{number}{after}" for number, (_, before, after) in enumerate(rows))
        return self._head + "".join(before for _, before, _ in rows)

    def _line(self, site: int, name: str, charge: float) -> tuple[str, str, str]:
        frac = self._space.frac_coords[site] - np.floor(self._space.frac_coords[site])
        if self._format == "cif":
            return name, *cif_line(name, frac.tolist())
        element = element_of(name)
        if self._format == "poscar":
            return element, "{:.12f} {:.12f} {:.12f}\n".format(*frac), ""
        x, y, z = frac @ self._space.lattice
        return element, f"{element} {x:.12f} {y:.12f} {z:.12f} {charge:.6f}\n", ""


def _cif_head(space: ConfigurationSpace, occupation: ArrayLike) -> str:
    names = [name for name in space.species_of(occupation) if name != VACANCY]
    states = dict(zip(space.species_of(occupation), space.charges_of(occupation).tolist(), strict=True))
    return cif_head(space.lattice, sorted(names), {name: states[name] for name in sorted(set(names))})


def _poscar_head(space: ConfigurationSpace, occupation: ArrayLike) -> str:
    counts = _elements(space, occupation)
    lines = [" ".join(f"{element}{count}" for element, count in counts.items()), "1.0"]
    lines += [" ".join(f"{x:.12f}" for x in row) for row in space.lattice]
    return "\n".join([*lines, " ".join(counts), " ".join(map(str, counts.values())), "Direct"]) + "\n"


def _extxyz_head(space: ConfigurationSpace, occupation: ArrayLike) -> str:
    cell = " ".join(f"{x:.12f}" for row in space.lattice for x in row)
    columns = "species:S:1:pos:R:3:initial_charges:R:1"
    return f'{_elements(space, occupation).total()}\nLattice="{cell}" Properties={columns} pbc="T T T"\n'


def _elements(space: ConfigurationSpace, occupation: ArrayLike) -> Counter[str]:
    """Ions of each element, in the order in which they are written."""
    return Counter(sorted(element_of(name) for name in space.species_of(occupation) if name != VACANCY))


_HEADS = {"cif": _cif_head, "poscar": _poscar_head, "extxyz": _extxyz_head}
