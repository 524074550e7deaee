"""Ions of a campaign, their elements and charges, and which of them are anions."""

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Protocol, TypeVar

from pymatgen.core import Composition, Element, Species

from ewald.errors import CampaignError, UserError
from ewald.ions import VACANCY, element_of, ion_name, split_ion

__all__ = [
    "ANIONS",
    "BOND_STRETCH",
    "LARGEST_DENOMINATOR",
    "VACANCY",
    "as_fraction",
    "charge_of",
    "element_of",
    "elements_of",
    "ion_charge",
    "leading_element",
    "parse_species",
    "split_species",
    "summed",
]

_Number = TypeVar("_Number", int, float, Fraction)

ANIONS = frozenset({"H", "N", "O", "F", "S", "Cl", "Se", "Br", "Te", "I"})
"""Elements that count as anions."""

LARGEST_DENOMINATOR = 48
"""Of numbers of ions per cell that are read as fractions."""

BOND_STRETCH = 1.25
"""A bond is intact below this multiple of the shortest distance from the same cation at the start."""


class _HasComposition(Protocol):
    """A structure, or a computed entry."""

    @property
    def composition(self) -> Composition:
        """Its composition."""


def elements_of(source: str | Composition | _HasComposition) -> frozenset[str]:
    """Return the element symbols of a formula or composition, or of what has one.

    Examples
    --------
    >>> sorted(elements_of("Na3SbS4"))
    ['Na', 'S', 'Sb']
    """
    if isinstance(source, str):
        composition = Composition(source)
    else:
        composition = source if isinstance(source, Composition) else source.composition
    return frozenset(element.symbol for element in composition.elements)


def leading_element(text: str) -> str | None:
    """Return the element that the letters at the beginning of a text name; None when they name none.

    Examples
    --------
    >>> leading_element("Na_pv"), leading_element("W6+"), leading_element("Naa")
    ('Na', 'W', None)
    """
    letters = re.sub(r"[^A-Za-z].*$", "", text.strip())
    return letters if Element.is_valid_symbol(letters) else None


def parse_species(text: str, *, field: str) -> Species:
    """Read an ion such as ``W6+``, ``Na+`` or ``Cl-``.

    Raises
    ------
    CampaignError
        When the element does not exist or the oxidation state is missing.

    Examples
    --------
    >>> str(parse_species("Ca2+", field="doping.0.dopants"))
    'Ca2+'
    """
    symbol = leading_element(text)
    if symbol is None:
        raise CampaignError(
            "is not an ion of a known element",
            field=field,
            value=text,
            fix="write element, charge and sign, such as W6+",
        )
    _, charge = split_ion(text) or (symbol, None)
    if charge is None:
        common = [str(Species(symbol, state)) for state in Element(symbol).common_oxidation_states]
        raise CampaignError(
            "has no oxidation state",
            field=field,
            value=text,
            fix=f"write {' or '.join(common) or symbol + '2+'}",
        )
    return Species(symbol, charge)


def charge_of(species: str) -> float:
    """Return the charge in e of an ion written as text; a vacancy has none.

    Examples
    --------
    >>> charge_of("S2-"), charge_of("vacancy")
    (-2.0, 0.0)
    """
    return 0.0 if species == VACANCY else float(Species.from_str(species).oxi_state)


_USUAL_CHARGE = {"Ag": 1, "O": -2, "S": -2, "Se": -2, "Te": -2, "Cl": -1, "Br": -1, "I": -1, "Sc": 3, "La": 3}
"""Charges of ions that conduct with one charge alone, although compounds with others exist."""


def ion_charge(species: str) -> float:
    """Return the charge in e of a mobile species: the one written (`Mg2+`), else the only one of its element.

    Raises
    ------
    UserError
        When the species is not an element, or its ions have several charges and none is written.

    Examples
    --------
    >>> ion_charge("Na"), ion_charge("Cu+")
    (1.0, 1.0)
    """
    element, charge = split_species(species)
    if charge is not None:
        if charge == 0:
            raise UserError("has no charge, so it carries no current", field="species", value=species)
        return charge
    known = Element(element)
    states = {*known.common_oxidation_states, *known.icsd_oxidation_states} - {0}
    usual = _USUAL_CHARGE.get(element) or (next(iter(states)) if len(states) == 1 else None)
    if usual is None:
        names = [ion_name(element, state) for state in sorted(states, key=lambda state: (abs(state), -state))]
        raise UserError(
            "may have several charges" if names else "has no usual charge",
            field="species",
            value=species,
            fix=f"write the ion: {' or '.join(names[:3]) or element + '+'}",
        )
    return float(usual)


def split_species(species: str) -> tuple[str, float | None]:
    """Split `Na+` or `Na` into element and charge; the charge is None where none is written.

    Raises
    ------
    UserError
        When the name is no element.
    """
    split = split_ion(species)
    if split is None or not Element.is_valid_symbol(split[0]):
        raise UserError("is not an element", field="species", value=species, fix="give a symbol such as Na")
    return split


def summed(amounts: Iterable[tuple[str, _Number]]) -> dict[str, _Number]:
    """Add up amounts by ion or element, in the order of their first occurrence.

    Examples
    --------
    >>> summed([("Na", 2), ("S", 1), ("Na", 1)])
    {'Na': 3, 'S': 1}
    """
    totals: dict[str, _Number] = {}
    for name, amount in amounts:
        totals[name] = totals[name] + amount if name in totals else amount
    return totals


def as_fraction(value: float, *, largest_denominator: int = LARGEST_DENOMINATOR, tolerance: float = 0.01) -> Fraction:
    """Return the simplest fraction within `tolerance` of a number of ions read from a file.

    Refined occupancies are rounded: 0.333 x 96 means 32, and 0.94 x 24 + 0.3483 x 96 means 56.

    Examples
    --------
    >>> as_fraction(55.9968), as_fraction(2.5)
    (Fraction(56, 1), Fraction(5, 2))
    """
    for denominator in range(1, largest_denominator + 1):
        numerator = round(value * denominator)
        if (
            abs(value * denominator - numerator) <= tolerance * denominator
            and abs(value - numerator / denominator) <= tolerance / denominator
        ):
            return Fraction(numerator, denominator)
    return Fraction(value).limit_denominator(largest_denominator)
