"""Ions as the campaign writes them: an element with its oxidation state, such as W6+."""

import re
from fractions import Fraction

from pymatgen.core import Element, Species

from ewald.errors import CampaignError

VACANCY = "vacancy"

_PATTERN = re.compile(r"^([A-Z][a-z]?)(\d*(?:\.\d+)?)([+-])$")


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
    match = _PATTERN.match(text.strip())
    symbol = match.group(1) if match else re.sub(r"[^A-Za-z].*$", "", text.strip())
    if not Element.is_valid_symbol(symbol):
        raise CampaignError(
            "is no ion of a known element", field=field, value=text, mend="write element, charge and sign, such as W6+"
        )
    if match is None:
        common = [_text(symbol, charge) for charge in Element(symbol).common_oxidation_states]
        raise CampaignError(
            "has no oxidation state",
            field=field,
            value=text,
            mend=f"write {' or '.join(common) or symbol + '2+'}",
        )
    size = float(match.group(2)) if match.group(2) else 1.0
    return Species(symbol, size if match.group(3) == "+" else -size)


def charge_of(species: str) -> float:
    """Return the charge in e of an ion written as text; a vacancy has none.

    Examples
    --------
    >>> charge_of("S2-"), charge_of("vacancy")
    (-2.0, 0.0)
    """
    return 0.0 if species == VACANCY else float(Species.from_str(species).oxi_state)


def element_of(species: str) -> str:
    """Return the element symbol of an ion written as text.

    Examples
    --------
    >>> element_of("Na+")
    'Na'
    """
    return Species.from_str(species).symbol


def as_fraction(value: float, *, largest_denominator: int = 48, tolerance: float = 0.01) -> Fraction:
    """Return the simplest fraction within `tolerance` of a number of ions read from a file.

    Refined occupancies are rounded: 0.333 x 96 stands for 32, and 0.94 x 24 + 0.3483 x 96 for 56.

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


def _text(symbol: str, charge: float) -> str:
    return str(Species(symbol, charge))
