"""Measured conductivities: the table shipped with the package, and tables of the user's own."""

import csv
import math
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from pymatgen.core import Composition, Element

from ewald.errors import UserError
from ewald.files.document import read_table
from ewald.numbers import number_in
from screening.species import ANIONS, elements_of
from screening.value import Value

SHIPPED_SOURCE = (
    "OBELiX, F. Therrien et al., Digital Discovery (2026), doi:10.1039/d5dd00441a, training split, CC BY 4.0"
)
"""Where the shipped table comes from."""

MOBILE = ("Li", "Na", "K", "Ag", "Cu", "Mg", "Zn", "Ca", "Al")
"""Elements that are taken for the mobile ion of a formula where none is named, the first that it holds."""

_COLUMNS = ("formula", "sigma_S_cm")


class Measurement(Value):
    """The ionic conductivity of one composition near room temperature.

    Attributes
    ----------
    formula
        Composition, in any multiple of the formula unit.
    mobile
        Element of the mobile ion.
    log10_sigma_S_cm
        Decimal logarithm of the conductivity in S/cm, or of its upper bound.
    bound
        Whether only an upper bound is known.
    source
        DOI or other name of where it was published; measurements of one source are held out together.
    """

    formula: str
    mobile: str
    log10_sigma_S_cm: float
    bound: bool = False
    source: str = ""


class PriorError(UserError):
    """A composition or a table of conductivities cannot be used."""


@cache
def shipped_measurements() -> tuple[Measurement, ...]:
    """Return the 478 measured conductivities of lithium conductors that are shipped with the package.

    They are the training split of OBELiX (:data:`SHIPPED_SOURCE`).
    """
    text = files("screening").joinpath("data", "measured_conductivities.csv").read_text(encoding="utf-8")
    return tuple(_measurements(csv.DictReader(text.splitlines()), "measured_conductivities.csv"))


def read_measurements(path: Path) -> tuple[Measurement, ...]:
    """Read a CSV file of measured conductivities.

    Its columns are `formula`, `sigma_S_cm` (`1.2e-3`, or `<1e-10` for an upper bound), and, where wanted, `mobile`
    and `source`.

    Parameters
    ----------
    path
        The CSV file.

    Raises
    ------
    PriorError
        When the file cannot be read, lacks a column, or a row holds something else.
    """
    return tuple(_measurements(read_table(path, PriorError, columns=_COLUMNS, optional=("mobile", "source")), path))


def _measurements(rows: Iterable[Mapping[str, str]], file: object) -> Iterable[Measurement]:
    for line, row in enumerate(rows, start=2):
        if not any((row.get(name) or "").strip() for name in _COLUMNS):
            continue
        try:
            formula = row["formula"].strip()
            sigma, bound = _conductivity((row["sigma_S_cm"] or "").strip())
            amounts = composition_of_formula(formula)
            mobile = (row.get("mobile") or "").strip() or mobile_of(amounts, formula)
        except PriorError as error:
            raise PriorError(error.problem, file=file, field=f"line {line}", value=error.value, fix=error.fix) from None
        yield Measurement(
            formula=formula,
            mobile=mobile,
            log10_sigma_S_cm=sigma,
            bound=bound,
            source=(row.get("source") or "").strip(),
        )


def _conductivity(text: str) -> tuple[float, bool]:
    """Return the logarithm of a conductivity as written, and whether it is an upper bound."""
    bound = text.startswith("<")
    value = number_in(text.lstrip("< "))
    if not 0 < value < math.inf:
        raise PriorError("is not a conductivity in S/cm", value=text, fix="write 1.2e-3, or <1e-10 for an upper bound")
    return math.log10(value), bound


def composition_of_formula(formula: str) -> dict[str, float]:
    """Return the number of atoms by element symbol of a formula.

    Raises
    ------
    PriorError
        When it is no formula.

    Examples
    --------
    >>> composition_of_formula("Li6PS5Cl")
    {'Li': 6.0, 'P': 1.0, 'S': 5.0, 'Cl': 1.0}
    >>> composition_of_formula("LiOH·H₂O")
    {'Li': 1.0, 'O': 2.0, 'H': 3.0}
    """
    plain = formula.translate(_SUBSCRIPTS).strip()
    found: dict[str, float] = {}
    for part in _RAISED_DOTS.split(plain):
        number, rest = _LEADING_NUMBER.fullmatch(part).groups()  # type: ignore[union-attr]
        for symbol, amount in _amounts(rest, formula).items():
            found[symbol] = found.get(symbol, 0.0) + float(number or 1) * amount
    return found


_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_RAISED_DOTS = re.compile(r"\s*[·•⋅∙]\s*")
_LEADING_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)?(.*)", re.DOTALL)
_HYDRATE_OR_DECIMAL = re.compile(r"\d\.\d+H2O$|[a-zA-Z)]\.\d*H2O$")


def _amounts(part: str, formula: str) -> dict[str, float]:
    """Return the number of atoms of a part of a formula without a leading number."""
    if _HYDRATE_OR_DECIMAL.search(part):
        raise PriorError(
            "may mean a decimal or a hydrate", value=formula, fix="write ·2H2O with a raised dot, or H4O2 at the end"
        )
    try:
        composition = Composition(part, strict=True)
    except (ValueError, TypeError, KeyError):
        composition = Composition()
    if not composition or not all(isinstance(element, Element) for element in composition):
        raise PriorError("is not a formula", value=formula, fix="write it like Li6PS5Cl")
    return {element.symbol: float(amount) for element, amount in composition.items()}


def mobile_of(amounts: Mapping[str, float], formula: str = "") -> str:
    """Return the element that is taken for the mobile ion, see :data:`MOBILE`.

    Parameters
    ----------
    amounts
        Number of atoms by element symbol.
    formula
        As the user wrote it, for the message.

    Raises
    ------
    PriorError
        When the composition holds none of them.
    """
    found = next((symbol for symbol in MOBILE if symbol in amounts), None)
    if found is None:
        raise PriorError(
            "contains no possible mobile ion", value=formula or "".join(amounts), fix=f"one of {', '.join(MOBILE)}"
        )
    return found


def anions_of(formula: str) -> frozenset[str]:
    """Return the elements of a formula that count as anions."""
    return elements_of(formula) & ANIONS
