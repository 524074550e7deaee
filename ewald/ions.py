"""Ions and how they are named: an element with its charge, such as W6+, or a vacancy."""

import re
from typing import Any

from ewald.errors import StructureError

VACANCY = "vacancy"


def ion_name(symbol: str, charge: float) -> str:
    """Name an ion as chemists do.

    Examples
    --------
    >>> ion_name("Na", 1), ion_name("S", -2), ion_name("Fe", 2.5)
    ('Na+', 'S2-', 'Fe2.5+')
    """
    if charge == 0:
        return f"{symbol}0"
    size = abs(charge)
    return f"{symbol}{'' if size == 1 else f'{size:g}'}{'+' if charge > 0 else '-'}"


def ion_count(number: float, species: str, digits: int = 0) -> str:
    """Write a number of ions or vacancies.

    Examples
    --------
    >>> ion_count(2, "Na+"), ion_count(1, "vacancy"), ion_count(0.3, "vacancy", digits=2)
    ('2 Na+', '1 vacancy', '0.30 vacancies')
    """
    return f"{number:.{digits}f} {'vacancies' if species == VACANCY and number != 1 else species}"


def element_of(species: Any) -> str:
    """Return the element symbol of a pymatgen element or species, or that with which a name begins.

    Raises
    ------
    StructureError
        When a name does not begin with an element symbol, such as that of a vacancy.

    Examples
    --------
    >>> element_of("W6+")
    'W'
    """
    name = str(getattr(species, "symbol", species))
    match = re.match(r"[A-Z][a-z]?", name)
    if match is None:
        raise StructureError("does not begin with an element symbol", field="species", value=name)
    return match.group()


def split_ion(name: str) -> tuple[str, float | None] | None:
    """Split `Na+` or `Na` into symbol and charge (None where none is written); None when it is no such name.

    Examples
    --------
    >>> split_ion("S2-"), split_ion("Na"), split_ion("2+")
    (('S', -2.0), ('Na', None), None)
    """
    match = re.fullmatch(r"([A-Z][a-z]?)(?:(\d*\.?\d*)([+-]))?", name.strip())
    if match is None or match[2] == ".":
        return None
    if match[3] is None:
        return match[1], None
    size = float(match[2]) if match[2] else 1.0
    return match[1], size if match[3] == "+" else -size
