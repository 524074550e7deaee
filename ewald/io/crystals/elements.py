"""What type symbols and labels of CIFs say: element, isotope, charge, vacancy, hydrogens without coordinates."""

import re
from collections.abc import Mapping
from functools import cache

_ISOTOPES = {"D": "H", "T": "H"}
_VACANCY = re.compile(r"(vac|va|vc|vacancy|x|xx|du|dum|dummy|bq|\[\]|\u25a1)\d*", re.IGNORECASE)
_ISOTOPE = re.compile(r"\d*[DT]\d*[+-]?|\d+[A-Za-z]+.*")
# Water and hydroxide, ammonium and the like under one symbol, without their hydrogens.
_WITH_HYDROGEN = re.compile(r"(wat(er)?|h2o|o-?h|oh2|[nbc]-?h\d?)(\d*[+-])?\d*", re.IGNORECASE)
_WATER = re.compile(r"(wat|h2o)", re.IGNORECASE)
_CHARGE = re.compile(r"(?:(\d*\.?\d*)([+-])|([+-])(\d+\.?\d*))")
# What may stand behind the element: a charge, a number with a letter, something in brackets.
_BEHIND = re.compile(rf"(\d+[A-Za-z]?|\({_CHARGE.pattern}\)|\([+-]?[ivxIVX]+\)|\^?{_CHARGE.pattern})?")
_HEAVIEST = 103


def is_vacancy(symbol: str, formula: Mapping[str, float]) -> bool:
    """Whether a symbol stands for a vacancy or a dummy; ``VA1`` does where the formula has no vanadium."""
    return _VACANCY.fullmatch(symbol) is not None and not (symbol.upper().startswith("VA") and "V" in formula)


def is_isotope(symbol: str) -> bool:
    """Whether a symbol names an isotope, such as D or 7Li."""
    return _ISOTOPE.fullmatch(symbol) is not None


def hides_hydrogen(symbol: str) -> bool:
    """Whether a symbol stands for a group with hydrogens, as ``Wat`` or ``NH4`` do.

    Examples
    --------
    >>> hides_hydrogen("Wat"), hides_hydrogen("NH4+"), hides_hydrogen("N")
    (True, True, False)
    """
    return _WITH_HYDROGEN.fullmatch(symbol) is not None


def charge_of(symbol: str) -> float | None:
    """Return the charge that a type symbol or label carries.

    Examples
    --------
    >>> charge_of("Fe3+"), charge_of("O-2"), charge_of("Na+"), charge_of("Cl1")
    (3.0, -2.0, 1.0, None)
    """
    found = re.fullmatch(rf"\d*[A-Za-z]{{1,2}}\^?\(?{_CHARGE.pattern}\)?", symbol)
    if found is None:
        return None
    sign, digits = (found[2], found[1]) if found[2] else (found[3], found[4])
    return float(digits or 1) * (1 if sign == "+" else -1)


def element_of_symbol(symbol: str, formula: Mapping[str, float], *, label: bool = False) -> str | None:
    """Find the element of a type symbol or label; isotopes and upper case are understood.

    Parameters
    ----------
    symbol
        As ``Fe3+``, ``CL1`` or ``7Li``.
    formula
        The file's formula, which tells HO (holmium) from H and O; may be empty.
    label
        Whether anything may stand behind the element, as in labels.

    Returns
    -------
    str or None
        None where the symbol begins with no element, or names several.
    """
    if _WATER.match(symbol):
        return "O"
    found = re.fullmatch(r"\d*([A-Za-z]{1,2})(.*)", symbol, re.DOTALL)
    if found is None or any(mark in found[2] for mark in "/,"):
        return None
    letters, behind = found[1], found[2]
    two, one = letters.capitalize(), letters[0].upper()
    choices = [name for name in (two, one) if _is_element(name, formula)]
    written = len(letters) == 2 and letters[1].islower()
    if not written and len(choices) == 2 and formula and one in formula and two not in formula:
        choices.reverse()
    if not choices:
        return None
    if not label and not hides_hydrogen(symbol):
        # OW is an oxygen of water, CN are two elements.
        if len(choices[0]) < len(letters) and (written or (letters[1] != "W" and letters[1] in _symbols())):
            return None
        if _BEHIND.fullmatch(behind) is None:
            return None
    return _ISOTOPES.get(choices[0], choices[0])


def _is_element(name: str, formula: Mapping[str, float]) -> bool:
    if name == "T":  # a tetrahedral site is no tritium
        return "H" in formula
    return name in _ISOTOPES or name in _symbols()


@cache
def _symbols() -> frozenset[str]:
    from pymatgen.core import Element

    return frozenset(one.symbol for one in Element if one.Z <= _HEAVIEST)
