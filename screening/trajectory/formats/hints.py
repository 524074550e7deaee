"""What the user says of a file beside its content: elements, structure, unit of length, cells."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Element

from ewald.constants import BOHR_A
from ewald.errors import UserError
from screening.species import leading_element
from screening.trajectory.formats.frame import Floats

LENGTH_UNITS_A = {"angstrom": 1.0, "bohr": BOHR_A, "nm": 10.0}
"""Angstrom in a unit of length."""


@dataclass(frozen=True)
class Elements:
    """The elements that stand for types, labels or nothing in a file.

    Attributes
    ----------
    by_type
        Of type 1, 2, ...
    by_label
        Of names such as `OW`, or of types by number.
    in_order
        (N,) atomic numbers of all ions in their order; empty when not given so.
    """

    by_type: tuple[str, ...] = ()
    by_label: Mapping[str, str] = field(default_factory=dict)
    in_order: tuple[int, ...] = ()

    @classmethod
    def parse(cls, text: str | Sequence[str] | Mapping[str, str] | None) -> "Elements":
        """Read `Li,P,S,Cl` (types 1 to 4), `OW=O,1=Li` (names or types) or `Li24,P4,S20,Cl4` (all ions in order).

        Raises
        ------
        UserError
            When a word names no element, or the three ways are mixed.

        Examples
        --------
        >>> Elements.parse("Li,P").by_type, dict(Elements.parse("OW=O").by_label), Elements.parse("H2,O").in_order
        (('Li', 'P'), {'OW': 'O'}, (1, 1, 8))
        """
        if text is None:
            return cls()
        if isinstance(text, Mapping):
            text = [f"{label}={element}" for label, element in text.items()]
        words = [word.strip() for word in (text.split(",") if isinstance(text, str) else text)]
        if all("=" in word for word in words):
            pairs = dict(word.split("=", 1) for word in words)
            return cls(by_label={label: _element(element) for label, element in pairs.items()})
        counted = [re.fullmatch(r"([A-Z][a-z]?)(\d*)", word) for word in words]
        if any("=" in word for word in words) or not all(counted):
            raise UserError(
                "is not a list of elements", field="elements", value=",".join(words), fix="write Li,P,S,Cl or 1=Li,2=P"
            )
        found = [(_element(match[1]), match[2]) for match in counted if match]
        if not any(count for _, count in found):
            return cls(by_type=tuple(element for element, _ in found))
        return cls(in_order=tuple(Element(e).Z for e, count in found for _ in range(int(count or 1))))

    def number(self, label: str, path: Path) -> int:
        """Return the atomic number of an ion that the file calls `label`.

        Raises
        ------
        UserError
            When it is a type without an element, or names none.
        """
        if (element := self.by_label.get(label)) is not None:
            return int(Element(element).Z)
        if label.isdigit():
            if 1 <= int(label) <= len(self.by_type):
                return int(Element(self.by_type[int(label) - 1]).Z)
            said = f"--elements names {len(self.by_type)}" if self.by_type else "the file does not say which elements"
            raise UserError(
                f"gives its ions as types, and {said}",
                file=path,
                value=f"type {label}",
                fix="give --elements with the element of type 1, 2, ..., such as --elements Li,P,S,Cl",
            )
        symbol = leading_element(label)
        if symbol is None:
            raise UserError(
                "is not an element", file=path, value=label, fix=f"say which it is: --elements {label}=Li, for example"
            )
        return int(Element(symbol).Z)


def _element(symbol: str) -> str:
    if not Element.is_valid_symbol(symbol):
        raise UserError("is not an element", field="elements", value=symbol)
    return symbol


@dataclass(frozen=True)
class Reference:
    """A structure given beside a trajectory: elements in order, cell, positions.

    Attributes
    ----------
    numbers
        (N,) atomic numbers in the order of the file.
    cell_A
        (3, 3) or None.
    positions_A
        (N, 3) Cartesian.
    types
        Element by type, where the file has types (LAMMPS data).
    where
        File name, for messages.
    """

    numbers: NDArray[np.int64]
    cell_A: Floats | None
    positions_A: Floats
    types: Mapping[str, str] = field(default_factory=dict)
    where: str = "the structure"


@dataclass(frozen=True)
class Hints:
    """All that the user says beside the file.

    Attributes
    ----------
    elements, structure
        Of the ions.
    length_unit
        Of files that do not state theirs; None for angstrom.
    cells_A
        Cell by MD step, of CP2K's `.cell` file.
    """

    elements: Elements = field(default_factory=Elements)
    structure: Reference | None = None
    length_unit: str | None = None
    cells_A: Mapping[int, Floats] | None = None

    def length_A(self, path: Path, stated: str | None = None) -> float:
        """Return angstrom per unit of length of a file; `stated` is what the file itself says.

        Raises
        ------
        UserError
            When the user says otherwise than the file.
        """
        if stated is not None:
            if self.length_unit is not None and self.length_unit != stated:
                raise UserError(
                    f"its lengths are in {stated}, as the file says, and not in {self.length_unit}, as "
                    "--length-unit says",
                    file=path,
                )
            return LENGTH_UNITS_A[stated]
        return LENGTH_UNITS_A[self.length_unit or "angstrom"]

    @property
    def order_from_structure(self) -> bool:
        """Whether :meth:`ordered_numbers` takes the elements from the structure."""
        return not self.elements.in_order and self.structure is not None

    def ordered_numbers(self, count: int, path: Path) -> NDArray[np.int64]:
        """Return the elements of a file that holds positions only, from the user's list or structure.

        Raises
        ------
        UserError
            When neither is given, or they have another number of ions.
        """
        listed = np.array(self.elements.in_order, dtype=np.int64)
        known = listed if len(listed) else self.structure.numbers if self.structure is not None else listed
        if not len(known):
            raise UserError(
                "holds positions without elements",
                file=path,
                fix="give --structure, a structure file with the ions in the same order, or --elements Li24,P4,S20,Cl4",
            )
        if len(known) != count:
            raise UserError(
                f"holds {count} ions, and {'--elements' if len(listed) else 'the structure'} {len(known)}", file=path
            )
        return known
