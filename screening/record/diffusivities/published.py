"""Published diffusivities from a CSV file, each with its source and licence."""

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ewald.errors import UserError
from ewald.files.document import read_table
from ewald.numbers import number_in
from ewald.version import __version__
from screening.prior.measured import PriorError, composition_of_formula
from screening.record.diffusivities.merge import PUBLISHED, measured_hash
from screening.record.diffusivity_database import DiffusivityRow

REQUIRED = ("formula", "species", "temperature_K", "D_cm2_s", "source", "licence")
OPTIONAL = ("D_low95_cm2_s", "D_high95_cm2_s", "method")
OTHER_UNITS = {
    "temperature_C": ("temperature_K", 1.0, 273.15),
    "D_m2_s": ("D_cm2_s", 1e4, 0.0),
    "D_low95_m2_s": ("D_low95_cm2_s", 1e4, 0.0),
    "D_high95_m2_s": ("D_high95_cm2_s", 1e4, 0.0),
}
"""Columns in other units: whose place they take, the factor, and what is added."""
_OTHER_NAMES = OTHER_UNITS | {"license": ("licence", 1.0, 0.0)}
_POSSIBLE = {"temperature_K": (100.0, math.inf), "D_cm2_s": (0.0, 1e-3)}
"""Beyond these a value is in another unit: the diffusivity of ions in a melt is below 1e-3 cm2/s."""


class PublishedError(UserError):
    """A table of published diffusivities cannot be used."""


@dataclass(frozen=True)
class _Cells:
    """One row: its cells by the name of the column, with the unit of each."""

    texts: Mapping[str, str]
    units: Mapping[str, tuple[float, float]]

    def number(self, name: str) -> float:
        """Return a positive number in our unit."""
        text = self.texts[name].lstrip("< ")
        factor, offset = self.units.get(name, (1.0, 0.0))
        value = factor * number_in(text) + offset
        if not 0 < value < math.inf:
            fix = "write kelvin" if name == "temperature_K" else "write 1.2e-8, or <1e-12 for an upper bound of D_cm2_s"
            raise PublishedError(
                "is not a positive number" if text else "is missing", field=name, value=text or None, fix=fix
            )
        least, most = _POSSIBLE.get(name, (0.0, math.inf))
        if not least <= value <= most:
            others = " or ".join(other for other, (ours, *_) in OTHER_UNITS.items() if ours == name)
            raise PublishedError(
                "is beyond what is measured in crystals", field=name, value=text,
                fix=f"correct it, or name its unit in the column: {others}",
            )  # fmt: skip
        return value


def read_published(path: Path) -> tuple[DiffusivityRow, ...]:
    """Read published diffusivities.

    The columns are :data:`REQUIRED` and, where wanted, :data:`OPTIONAL`, or those of :data:`OTHER_UNITS` in their
    place. `D_cm2_s` is `1.2e-8`, or `<1e-12` for an upper bound, which stays one; without both ends of the 95 %
    interval the statistical error is not known. Semicolons or tabs may separate the columns, numbers may have a
    decimal comma, and empty rows are left out.

    Parameters
    ----------
    path
        The CSV file.

    Raises
    ------
    PublishedError
        When the file cannot be read, lacks a column, or a row lacks a source or licence or holds something else, such
        as a value that is impossible in its unit; the error names file, line and column.
    """
    reader = read_table(path, PublishedError, optional=(*REQUIRED, *OPTIONAL, *_OTHER_NAMES))
    columns = _columns(path, reader)
    units = {name: (factor, offset) for name, (_, factor, offset) in columns.items()}
    rows = []
    for row in reader:
        texts = {name: (row.get(columns[name][0]) or "").strip() if name in columns else "" for name in _NAMES}
        if not any(texts.values()):
            continue
        try:
            rows.append(_row(_Cells(texts, units)))
        except PublishedError as error:
            place = f"line {reader.line_num}, {error.field}"
            raise PublishedError(error.problem, file=path, field=place, value=error.value, fix=error.fix) from None
    return tuple(rows)


_NAMES = (*REQUIRED, *OPTIONAL)


def _columns(path: Path, reader: "csv.DictReader[str]") -> dict[str, tuple[str, float, float]]:
    """Return for each of our columns that of the file, with the factor and the sum that bring it to our unit."""
    found: dict[str, tuple[str, float, float]] = {}
    for column in filter(str.strip, reader.fieldnames or ()):
        name, factor, offset = _OTHER_NAMES.get(column, (column, 1.0, 0.0))
        if name not in _NAMES:
            raise PublishedError(
                "is not a column of this table", file=path, field=column,
                fix=f"remove it, or rename it to one of {', '.join((*_NAMES, *OTHER_UNITS))}",
            )  # fmt: skip
        if name in found:
            raise PublishedError("is there twice", file=path, field=f"{found[name][0]}, {column}", fix="keep one")
        found[name] = (column, factor, offset)
    missing = [name for name in REQUIRED if name not in found]
    if missing:
        raise PublishedError("lacks a column", file=path, field=missing[0], fix=f"columns {', '.join(REQUIRED)}")
    return found


def _row(cells: _Cells) -> DiffusivityRow:
    texts = cells.texts
    for name in ("source", "licence"):
        if not texts[name]:
            raise PublishedError("is missing", field=name, fix="say where the value and its terms of use come from")
    formula, species = texts["formula"], texts["species"]
    try:
        elements = composition_of_formula(formula)
    except PriorError as error:
        raise PublishedError(error.problem, field="formula", value=formula, fix=error.fix) from None
    if species not in elements:
        raise PublishedError(
            "is not an element of the formula", field="species", value=species, fix=f"one of {', '.join(elements)}"
        )
    row = DiffusivityRow(
        campaign=PUBLISHED,
        revision="",
        candidate=formula,
        stage=PUBLISHED,
        temperature_K=cells.number("temperature_K"),
        composition=formula,
        mother="",
        formula=formula,
        species=species,
        **_diffusivity(cells),
        method=texts["method"] or None,
        version=__version__,
        demonstration=False,
        warnings="",
        source=texts["source"],
        licence=texts["licence"],
    )
    return row.model_copy(update={"revision": measured_hash(row)})


def _diffusivity(cells: _Cells) -> "dict[str, float | str | None]":
    text = cells.texts["D_cm2_s"]
    low, high = (cells.number(name) if cells.texts[name] else None for name in OPTIONAL[:2])
    if text.startswith("<"):
        if (low, high) != (None, None):
            raise PublishedError("is a bound, which has no interval", field="D_cm2_s", value=text, fix="leave it empty")
        return {"D_high95_cm2_s": cells.number("D_cm2_s"), "bound": "as published"}
    value = cells.number("D_cm2_s")
    if (low is None) != (high is None):
        name = OPTIONAL[0] if low is None else OPTIONAL[1]
        raise PublishedError("is missing", field=name, fix="give both ends of the 95 % interval, or none")
    if low is not None and high is not None and not low <= value <= high:
        raise PublishedError(
            "lies outside its interval", field="D_cm2_s", value=text, fix="95 % interval around the value"
        )
    return {"D_cm2_s": value, "D_low95_cm2_s": low, "D_high95_cm2_s": high}
