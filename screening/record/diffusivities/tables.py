"""Diffusivities as tables: CSV, Parquet, and conductivities near room temperature for the prior."""

import csv
import io
from collections.abc import Iterable, Sequence
from types import NoneType
from typing import Any, get_args

from ewald.errors import DependencyError, install_extra
from screening.decision import MD_BEST_FIRST, Stage
from screening.record.diffusivities.merge import measured_hash
from screening.record.diffusivity_database import DiffusivityRow

PRIOR_COLUMNS = ("formula", "sigma_S_cm", "mobile", "source", "licence", "temperature_K", "candidate", "stage", "basis")

_NEAR_300_K = (290.0, 310.0)
_MS_TO_S = 1e-3


def csv_text(rows: Iterable[DiffusivityRow]) -> str:
    """Return one line per row with its hash, without structures; an empty cell is a value not known.

    Parameters
    ----------
    rows
        Rows of a database of diffusivities.
    """
    names = [name for name in DiffusivityRow.model_fields if name != "structure"]
    lines = ([*row.model_dump(mode="json", include=set(names)).values(), measured_hash(row)] for row in rows)
    return _csv([*names, "hash"], lines)


def parquet_bytes(rows: Sequence[DiffusivityRow]) -> bytes:
    """Return the content of a Parquet file: every column and the hash of each row, with their types.

    Parameters
    ----------
    rows
        Rows of a database of diffusivities.

    Raises
    ------
    DependencyError
        When pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise DependencyError("pyarrow, which writes Parquet, is not installed", fix=install_extra("parquet")) from None
    types = {str: pa.string(), float: pa.float64(), int: pa.int64(), bool: pa.bool_()}
    documents = [row.to_document() for row in rows]
    columns: dict[str, Any] = {
        name: pa.array([document[name] for document in documents], type=types[_kind(field.annotation)])
        for name, field in DiffusivityRow.model_fields.items()
    }
    columns["hash"] = pa.array([measured_hash(row) for row in rows], type=pa.string())
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


def prior_csv(rows: Iterable[DiffusivityRow]) -> str:
    """Return conductivities near room temperature, as `ionsieve predict --table` reads them.

    One line per candidate, of its best stage, and only where the campaign judged at 290 to 310 K or a run was made
    there: nothing is extrapolated here. A bound stays one (`<1e-6`); runs of made-up potentials are left out.

    Parameters
    ----------
    rows
        Rows of a database of diffusivities.
    """
    best: dict[tuple[str, str, str], tuple[int, DiffusivityRow, float, str, str]] = {}
    for row in rows:
        known = None if row.demonstration or row.stage not in MD_BEST_FIRST else _near_300_K(row)
        if known is not None:
            entry = (MD_BEST_FIRST.index(Stage(row.stage)), row, *known)
            place = (row.campaign, row.revision, row.candidate)
            best[place] = min(best.get(place, entry), entry, key=lambda one: one[0])
    lines = (
        [row.formula, sigma, row.species, row.source or "", row.licence or "", kelvin, row.candidate, row.stage, basis]
        for _, row, kelvin, sigma, basis in best.values()
    )
    return _csv(PRIOR_COLUMNS, lines)


def _near_300_K(row: DiffusivityRow) -> tuple[float, str, str] | None:
    """Return temperature, conductivity in S/cm as text, and what it rests on; None where nothing is known there."""
    low, high = _NEAR_300_K
    if row.judged_at_K is not None and low <= row.judged_at_K <= high:
        text = _value_or_bound(row.judged_mS_cm, row.judged_high95_mS_cm)
        return None if text is None else (row.judged_at_K, text, "judged by the campaign")
    if low <= row.temperature_K <= high:
        text = _value_or_bound(row.sigma_mS_cm, row.sigma_high95_mS_cm)
        return None if text is None else (row.temperature_K, text, "run at this temperature")
    return None


def _value_or_bound(value_mS_cm: float | None, high95_mS_cm: float | None) -> str | None:
    if value_mS_cm:
        return f"{value_mS_cm * _MS_TO_S:.6g}"
    return f"<{high95_mS_cm * _MS_TO_S:.6g}" if high95_mS_cm else None


def _kind(annotation: Any) -> type:
    return next(kind for kind in get_args(annotation) or (annotation,) if kind is not NoneType)


def _csv(names: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(lines)
    return stream.getvalue()
