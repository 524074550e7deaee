"""Numbers as CIFs have them: with uncertainties, as fractions, with decimal commas."""

import math
import re
from fractions import Fraction

# TOPAS also writes it behind a backquote, some programs a dash where there is none.
_UNCERTAINTY = re.compile(r"\s*(?:\(\s*[-.\d]*\s*\)|`_?[-.\d]*)\s*$")
_FRACTION = re.compile(r"([+-]?)(\d+)\s*/\s*(\d+)")
# As Fortran writes it.
_EXPONENT = re.compile(r"^([-+]?[\d.]+)[dD](?=[-+]?\d+$)")
_SIXTHS = tuple(Fraction(k, 6) for k in (1, 2, 4, 5))


def number(text: str) -> float:
    """Read a number with or without its uncertainty, as decimal number or fraction; not a number where it is none.

    Examples
    --------
    >>> number("0.25(3)"), number("-1/2"), number("5,64(1)"), number("0.9`_0.01")
    (0.25, -0.5, 5.64, 0.9)
    >>> number("0.564D+01")
    5.64
    """
    plain = _UNCERTAINTY.sub("", text.strip())
    fraction = _FRACTION.fullmatch(plain)
    if fraction is not None:
        value = int(fraction[2]) / int(fraction[3]) if int(fraction[3]) else math.nan
        return -value if fraction[1] == "-" else value
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    try:
        value = float(_EXPONENT.sub(r"\1e", plain))
    except ValueError:
        return math.nan
    return value if math.isfinite(value) and "_" not in plain else math.nan


def occupancy(text: str) -> float:
    """Read an occupancy, also one with a percent sign.

    Examples
    --------
    >>> occupancy("0.75(2)"), occupancy("75 %")
    (0.75, 0.75)
    """
    percent = text.rstrip().endswith("%")
    return number(text.rstrip().removesuffix("%")) / (100 if percent else 1)


def coordinate(text: str) -> float:
    """Read a fractional coordinate; thirds and sixths of two digits or more are taken exactly.

    Examples
    --------
    >>> coordinate("0.667") == 2 / 3, coordinate("-0.33") == -1 / 3, coordinate("0.3")
    (True, True, 0.3)
    """
    value = number(text)
    digits = decimals(text)
    if digits < 2 or not math.isfinite(value):
        return value
    whole = math.floor(abs(value))
    rest, unit = abs(value) - whole, 10.0**-digits
    for sixth in _SIXTHS:
        # Rounded or cut off; a negative number is cut off towards zero.
        if abs(rest - float(sixth)) < unit * (1 - 1e-6) and abs(rest - float(sixth)) <= 0.7 * unit:
            return math.copysign(whole + float(sixth), value)
    return value


def decimals(text: str) -> int:
    """Return how many digits stand behind the decimal point.

    Examples
    --------
    >>> decimals("0.250(3)"), decimals("1/3"), decimals("0,5")
    (3, 0, 1)
    """
    found = re.fullmatch(r"[+-]?\d*[.,](\d+)", _UNCERTAINTY.sub("", text.strip()))
    return len(found[1]) if found else 0
