"""Published diffusivities from a CSV file, each with its source and licence."""

import math
from collections.abc import Mapping
from pathlib import Path

from ewald.errors import UserError
from ewald.files.document import read_table
from ewald.version import __version__
from screening.prior.measured import PriorError, composition_of_formula
from screening.record.diffusivities.merge import PUBLISHED, measured_hash
from screening.record.diffusivity_database import DiffusivityRow

REQUIRED = ("formula", "species", "temperature_K", "D_cm2_s", "source", "licence")
OPTIONAL = ("D_low95_cm2_s", "D_high95_cm2_s", "method")


class PublishedError(UserError):
    """A table of published diffusivities cannot be used."""


def read_published(path: Path) -> tuple[DiffusivityRow, ...]:
    """Read published diffusivities.

    The columns are :data:`REQUIRED` and, where wanted, :data:`OPTIONAL`. `D_cm2_s` is `1.2e-8`, or `<1e-12` for an
    upper bound, which stays one; without both ends of the 95 % interval the statistical error is not known.

    Parameters
    ----------
    path
        The CSV file.

    Raises
    ------
    PublishedError
        When the file cannot be read, lacks a column, or a row lacks a source or licence or holds something else; the
        error names file, line and column.
    """
    reader = read_table(path, PublishedError, columns=REQUIRED)
    for name in reader.fieldnames or ():
        if name not in (*REQUIRED, *OPTIONAL):
            raise PublishedError("is no column", file=path, field=name, fix=f"one of {', '.join(REQUIRED + OPTIONAL)}")
    rows = []
    for row in reader:
        cells = {name: (row.get(name) or "").strip() for name in (*REQUIRED, *OPTIONAL)}
        try:
            rows.append(_row(cells))
        except PublishedError as error:
            place = f"line {reader.line_num}, {error.field}"
            raise PublishedError(error.problem, file=path, field=place, value=error.value, fix=error.fix) from None
    return tuple(rows)


def _row(cells: Mapping[str, str]) -> DiffusivityRow:
    for name in ("source", "licence"):
        if not cells[name]:
            raise PublishedError("is missing", field=name, fix="say where the value and its terms of use come from")
    formula, species = cells["formula"], cells["species"]
    try:
        elements = composition_of_formula(formula)
    except PriorError as error:
        raise PublishedError(error.problem, field="formula", value=formula, fix=error.fix) from None
    if species not in elements:
        raise PublishedError("is no element of the formula", field="species", value=species, fix="write Li")
    row = DiffusivityRow(
        campaign=PUBLISHED,
        revision="",
        candidate=formula,
        stage=PUBLISHED,
        temperature_K=_number("temperature_K", cells["temperature_K"]),
        composition=formula,
        mother="",
        formula=formula,
        species=species,
        **_diffusivity(cells),
        method=cells["method"] or None,
        version=__version__,
        demonstration=False,
        warnings="",
        source=cells["source"],
        licence=cells["licence"],
    )
    return row.model_copy(update={"revision": measured_hash(row)})


def _diffusivity(cells: Mapping[str, str]) -> "dict[str, float | str | None]":
    text = cells["D_cm2_s"]
    low, high = (_number(name, cells[name]) if cells[name] else None for name in OPTIONAL[:2])
    if text.startswith("<"):
        if (low, high) != (None, None):
            raise PublishedError("is a bound, which has no interval", field="D_cm2_s", value=text, fix="leave it empty")
        return {"D_high95_cm2_s": _number("D_cm2_s", text.lstrip("< ")), "bound": "as published"}
    value = _number("D_cm2_s", text)
    if (low is None) != (high is None):
        name = OPTIONAL[0] if low is None else OPTIONAL[1]
        raise PublishedError("is missing", field=name, fix="give both ends of the 95 % interval, or none")
    if low is not None and high is not None and not low <= value <= high:
        raise PublishedError(
            "lies outside its interval", field="D_cm2_s", value=text, fix="95 % interval around the value"
        )
    return {"D_cm2_s": value, "D_low95_cm2_s": low, "D_high95_cm2_s": high}


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        fix = "write kelvin" if name == "temperature_K" else "write 1.2e-8, or <1e-12 for an upper bound of D_cm2_s"
        raise PublishedError("is no positive number" if text else "is missing", field=name, value=text or None, fix=fix)
    return value
