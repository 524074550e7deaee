"""The formats in which arrangements are written: CIF, POSCAR, extended XYZ."""

from itertools import chain

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ewald.errors import UserError
from ewald.io.cif import cif_text
from ewald.ions import VACANCY, element_of
from ewald.space.space import ConfigurationSpace

#: Ending of the files of each format.
SUFFIXES = {"cif": ".cif", "poscar": ".vasp", "extxyz": ".xyz"}
# The end of what all arrangements of a space have in common.
_END_OF_HEAD = {"cif": " _atom_site_occupancy\n", "poscar": "Direct\n", "extxyz": 'pbc="T T T"\n'}


def arrangement_text(space: ConfigurationSpace, occupation: ArrayLike, file_format: str) -> str:
    """Format one arrangement.

    Parameters
    ----------
    space, occupation
        The space, and the species index on every site, shape (N,).
    file_format
        ``"cif"``, ``"poscar"`` or ``"extxyz"``.

    Raises
    ------
    UserError
        If there is no such format.
    """
    if file_format == "cif":
        return cif_text(space, occupation)
    if file_format == "poscar":
        return _poscar(space, occupation)
    if file_format == "extxyz":
        return _extxyz(space, occupation)
    raise UserError("no such format", field="format", value=file_format, fix=f"one of {', '.join(SUFFIXES)}")


class ArrangementTexts:
    """Formats many arrangements of one space: what they have in common is formatted once.

    Parameters
    ----------
    space, file_format
        The space, and a format of :func:`arrangement_text`.
    """

    def __init__(self, space: ConfigurationSpace, file_format: str) -> None:
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
        """Return the same as :func:`arrangement_text`, given the species index on every site, shape (N,)."""
        if not self._head:
            text = arrangement_text(self._space, occupation, self._format)
            end = _END_OF_HEAD[self._format]
            self._head = text[: text.index(end) + len(end)]
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
        element = element_of(name)
        if self._format == "cif":
            return name, f"  {name}  {element}", "  1  {:.12f}  {:.12f}  {:.12f}  1.0\n".format(*frac)
        if self._format == "poscar":
            return element, "{:.12f} {:.12f} {:.12f}\n".format(*frac), ""
        x, y, z = frac @ self._space.lattice
        return element, f"{element} {x:.12f} {y:.12f} {z:.12f} {charge:.6f}\n", ""


def _filled(space: ConfigurationSpace, occupation: ArrayLike) -> list[tuple[str, int]]:
    """Element and site of every ion, elements together."""
    names = space.species_of(occupation)
    return sorted((element_of(name), site) for site, name in enumerate(names) if name != VACANCY)


def _poscar(space: ConfigurationSpace, occupation: ArrayLike) -> str:
    ions = _filled(space, occupation)
    elements = list(dict.fromkeys(element for element, _ in ions))
    numbers = [sum(one == element for one, _ in ions) for element in elements]
    lines = [" ".join(f"{e}{n}" for e, n in zip(elements, numbers, strict=True)), "1.0"]
    lines += [" ".join(f"{x:.12f}" for x in row) for row in space.lattice]
    lines += [" ".join(elements), " ".join(map(str, numbers)), "Direct"]
    for _, site in ions:
        frac = space.frac_coords[site] - np.floor(space.frac_coords[site])
        lines.append(" ".join(f"{x:.12f}" for x in frac))
    return "\n".join(lines) + "\n"


def _extxyz(space: ConfigurationSpace, occupation: ArrayLike) -> str:
    ions, charges = _filled(space, occupation), space.charges_of(occupation)
    cell = " ".join(f"{x:.12f}" for row in space.lattice for x in row)
    lines = [str(len(ions)), f'Lattice="{cell}" Properties=species:S:1:pos:R:3:initial_charges:R:1 pbc="T T T"']
    for element, site in ions:
        frac = space.frac_coords[site] - np.floor(space.frac_coords[site])
        x, y, z = frac @ space.lattice
        lines.append(f"{element} {x:.12f} {y:.12f} {z:.12f} {charges[site]:.6f}")
    return "\n".join(lines) + "\n"
