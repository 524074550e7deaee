"""The files of NIMO: candidates.csv with descriptors and objective, proposals.csv with what to do next.

NIMO (R. Tamura, K. Tsuda, S. Matsuda, Sci. Technol. Adv. Mater. Methods 3, 2232297 (2023)) numbers the rows of
candidates.csv from 0; the last column is the objective, to be maximized, and empty where it is not known. proposals.csv
has the numbers in its first column, `actions`.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ewald.errors import UserError
from ewald.files.document import read_table

OBJECTIVE = "log10_sigma_mS_cm"
_DIGITS = 8


@dataclass(frozen=True)
class NimoRow:
    """One composition: its descriptors, and its objective once it is known."""

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
        objective = "" if row.objective is None else f"{row.objective:.{_DIGITS}g}"
        writer.writerow([*(f"{value:.{_DIGITS}g}" for value in row.descriptors), objective])
    return stream.getvalue()


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
        When there is no such file, it has no column `actions`, or a number is that of no candidate.
    """
    found = []
    for line, row in enumerate(read_table(path, UserError), start=2):
        text = (row.get("actions") or "").strip()
        number = float(text) if text.replace(".", "", 1).isdigit() else -1.0
        if not number.is_integer() or not 0 <= number < candidates:
            raise UserError(
                "is not the number of a candidate", file=path, field=f"line {line}, actions", value=text,
                fix=f"0 to {candidates - 1}, as in candidates.csv",
            )  # fmt: skip
        found.append(int(number))
    return found
