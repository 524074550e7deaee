"""The files of NIMO: candidates.csv with descriptors and objective, proposals.csv with what to do next, results.csv.

NIMO (R. Tamura, K. Tsuda, S. Matsuda, Sci. Technol. Adv. Mater. Methods 3, 2232297 (2023)) numbers the rows of
candidates.csv from 0; the last column is the objective, to be maximized, and empty where it is not known. proposals.csv
has the numbers in its first column, `actions`. The machine answers with results.csv, one line of objectives for each
proposal, without a header.
"""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ewald.errors import UserError
from ewald.files.document import read_table

OBJECTIVE = "log10_sigma_mS_cm"
_DIGITS = 8
_SAME = 1e-6
"""Difference of descriptors that rounding in the file explains."""


@dataclass(frozen=True)
class NimoRow:
    """One composition: its descriptors, and its objective once it is known.

    Attributes
    ----------
    id
        Of the composition.
    descriptors
        Numbers that describe it, in one order for all rows.
    objective
        What is to be maximised; None until it is known.
    """

    id: str
    descriptors: tuple[float, ...]
    objective: float | None = None


def candidates_csv(rows: Sequence[NimoRow]) -> str:
    """Return candidates.csv; NIMO wants numbers only, so that the order of the rows says which composition is which."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    width = len(rows[0].descriptors) if rows else 0
    writer.writerow([*(f"x{index + 1}" for index in range(width)), OBJECTIVE])
    for row in rows:
        writer.writerow([*(_number(value) for value in row.descriptors), _number(row.objective)])
    return stream.getvalue()


def results_csv(objectives: Iterable[float]) -> str:
    """Return results.csv of a machine: the objective of each proposal, in their order."""
    return "".join(f"{_number(value)}\n" for value in objectives)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.{_DIGITS}g}"


def with_entered(rows: Sequence[NimoRow], path: Path) -> list[NimoRow]:
    """Return rows with the values of a candidates.csv that another machine or a person entered in it.

    Parameters
    ----------
    rows
        Of the campaign; a value that it has computed itself stays.
    path
        The file; without one, the rows come back as they are.

    Raises
    ------
    UserError
        When the file is of other compositions, or a value in it is no number.
    """
    if not path.exists():
        return list(rows)
    lines = [list(line.values()) for line in read_table(path, UserError)]
    if len(lines) != len(rows):
        raise _other(path, f"{len(lines)} rows", f"the campaign has {len(rows)} compositions")
    return [_with_entered(row, line, path, number) for number, (row, line) in enumerate(zip(rows, lines, strict=True))]


def _with_entered(row: NimoRow, line: Sequence[str | None], path: Path, number: int) -> NimoRow:
    numbers = [_float(text) for text in line]
    apart = [abs(found - value) for found, value in zip(numbers, row.descriptors, strict=False)]
    if len(line) != len(row.descriptors) + 1 or not all(one < _SAME for one in apart):
        raise _other(path, f"row {number}", f"these are not the descriptors of {row.id}")
    text = line[-1] or ""
    if text.strip() and not math.isfinite(numbers[-1]):
        raise UserError(
            "is not a value of the objective", file=path, field=f"row {number}", value=text,
            fix=f"the decimal logarithm of the conductivity in mS/cm of {row.id}, or nothing",
        )  # fmt: skip
    return replace(row, objective=numbers[-1]) if row.objective is None and text.strip() else row


def _other(path: Path, field: str, problem: str) -> UserError:
    return UserError(problem, file=path, field=field, fix="remove the file, or choose another --folder")


def _float(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return math.nan


def compositions_csv(rows: Sequence[NimoRow]) -> str:
    """Return which row of candidates.csv is which composition."""
    return "action,composition\n" + "".join(f"{number},{row.id}\n" for number, row in enumerate(rows))


def read_proposals(path: Path, candidates: int) -> list[int]:
    """Return the numbers that proposals.csv proposes, in its order.

    Parameters
    ----------
    path
        The file.
    candidates
        How many rows candidates.csv has.

    Raises
    ------
    UserError
        When there is no such file, it has no column `actions`, proposes nothing, or a number is that of no candidate.
    """
    found = []
    for line, row in enumerate(read_table(path, UserError, columns=("actions",)), start=2):
        text = (row.get("actions") or "").strip()
        number = float(text) if text.replace(".", "", 1).isdigit() else -1.0
        if not number.is_integer() or not 0 <= number < candidates:
            raise UserError(
                "is not the number of a candidate", file=path, field=f"line {line}, actions", value=text,
                fix=f"0 to {candidates - 1}, as in candidates.csv",
            )  # fmt: skip
        found.append(int(number))
    if not found:
        raise UserError("proposes nothing", file=path)
    return found
