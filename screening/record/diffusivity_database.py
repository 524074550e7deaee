"""A self-diffusivity database in one SQLite file, to which a group keeps adding campaigns."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import NoneType
from typing import get_args

from pydantic.fields import FieldInfo

from ewald.errors import UserError
from screening.decision import Verdict
from screening.record.candidate_row import columns, interval_columns, judged_columns, measured_columns
from screening.record.history import CandidateHistory, histories
from screening.record.record import CampaignRecord, MDRecord
from screening.relaxation.relaxation import RelaxedStructure
from screening.structure_document import symbol_counts
from screening.transport.conductivity import TransportResult
from screening.value import Value

FORMAT = 3
"""Version of the table, kept in SQLite's `user_version`. Format 2, without bounds, is brought up to it."""

_WITHOUT_BOUNDS = 2

APPLICATION = 0x494F4E53
"""SQLite's `application_id` of these files ("IONS")."""

_MAGIC = b"SQLite format 3\0"


class DiffusivityRow(Value):
    """One MD run that a verdict rests on; units stand in the names, NULL is a value not known.

    `verdict` is the campaign's on the candidate at this stage, from all of its temperatures, and `judged` the
    conductivity that it rests on; `D` and `sigma` were measured in this run. `D_least`, `D_middle` and `D_most` are
    the eigenvalues of the diffusivity tensor, `settings` are the engine's as JSON. Where a run gives only an upper
    bound, `bound` says why, `D_high95` and `sigma_high95` are the bounds, and the values are NULL.
    """

    campaign: str
    revision: str
    candidate: str
    stage: str
    temperature_K: float
    composition: str
    mother: str
    formula: str
    species: str
    ions: int
    D_cm2_s: float | None = None
    D_low95_cm2_s: float | None = None
    D_high95_cm2_s: float
    D_charge_cm2_s: float | None
    haven_ratio: float | None
    sigma_mS_cm: float | None = None
    sigma_low95_mS_cm: float | None = None
    sigma_high95_mS_cm: float
    Ea_eV: float | None = None
    Ea_low95_eV: float | None = None
    Ea_high95_eV: float | None = None
    hull_energy_meV_per_atom: float | None = None
    verdict: str
    timestep_fs: float
    length_ps: float
    method: str | None = None
    energy_key: str | None = None
    version: str
    demonstration: bool
    warnings: str
    D_least_cm2_s: float | None = None
    D_middle_cm2_s: float | None = None
    D_most_cm2_s: float | None = None
    sigma_charge_mS_cm: float | None
    judged_at_K: float | None = None
    judged_mS_cm: float | None = None
    judged_low95_mS_cm: float | None = None
    judged_high95_mS_cm: float | None = None
    estimator: str
    settings: str | None = None
    bound: str | None = None


KEY = ("campaign", "revision", "candidate", "stage", "temperature_K")
"""Columns of the primary key: a run that is added again replaces itself."""

_SQL = {str: "TEXT", float: "REAL", int: "INTEGER", bool: "INTEGER"}


def _column(name: str, field: FieldInfo) -> str:
    kinds = get_args(field.annotation) or (field.annotation,)
    kind = next(kind for kind in kinds if kind is not NoneType)
    return f"{name} {_SQL[kind]}" + ("" if NoneType in kinds else " NOT NULL")


_COLUMNS = [_column(name, field) for name, field in DiffusivityRow.model_fields.items()]
_COLUMNS.append(f"PRIMARY KEY ({', '.join(KEY)})")
TABLE = "CREATE TABLE IF NOT EXISTS diffusivity (\n    " + ",\n    ".join(_COLUMNS) + "\n)"

_MARKS = ", ".join(f":{name}" for name in DiffusivityRow.model_fields)
_INSERT = f"INSERT OR REPLACE INTO diffusivity ({', '.join(DiffusivityRow.model_fields)}) VALUES ({_MARKS})"  # noqa: S608 (names are ours)


class DatabaseError(UserError):
    """The file is not a diffusivity database of this format."""


def add_record(record: CampaignRecord, path: Path) -> int:
    """Add every analysed MD run of a campaign; a run that is there already is replaced, never doubled.

    Returns
    -------
    int
        Rows that the database holds afterwards.

    Raises
    ------
    DatabaseError
        When the file is something else, or of another format.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [row.to_document() for row in _rows(record)]
    _refuse_other_files(path)
    try:
        with closing(sqlite3.connect(path, timeout=30.0)) as connection, connection:
            _open(connection, path)
            connection.executemany(_INSERT, rows)
            return int(connection.execute("SELECT COUNT(*) FROM diffusivity").fetchone()[0])
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise DatabaseError(
            f"cannot be used: {' '.join(str(error).split())}", file=path, fix="name another file"
        ) from None


def _refuse_other_files(path: Path) -> None:
    """Refuse a file that is no database: SQLite takes one of a few bytes for an empty database and overwrites it."""
    try:
        with path.open("rb") as stream:
            head = stream.read(len(_MAGIC))
    except FileNotFoundError:
        return
    except OSError as error:
        raise DatabaseError(f"cannot be read: {error.strerror}", file=path, fix="name another file") from None
    if head and head != _MAGIC:
        raise DatabaseError("is no SQLite database", file=path, fix="name another file")


def _open(connection: sqlite3.Connection, path: Path) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    empty = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0] == 0
    if empty:
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
    elif (application, version) == (APPLICATION, _WITHOUT_BOUNDS):
        _refuse_damaged(connection, path)
        _bring_up_to_date(connection)
    elif (application, version) != (APPLICATION, FORMAT):
        raise DatabaseError(
            "is not a diffusivity database of this version of IonSieve", file=path, fix="name another file"
        )
    else:
        _refuse_damaged(connection, path)
    connection.execute(TABLE)


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Copy a table of format 2 into one of this format, whose values may be NULL."""
    names = ", ".join(str(column[1]) for column in connection.execute("PRAGMA table_info(diffusivity)"))
    connection.execute("ALTER TABLE diffusivity RENAME TO earlier")
    connection.execute(TABLE)
    connection.execute(f"INSERT INTO diffusivity ({names}) SELECT {names} FROM earlier")  # noqa: S608 (names are ours)
    connection.execute("DROP TABLE earlier")
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def _refuse_damaged(connection: sqlite3.Connection, path: Path) -> None:
    """Check that rows and index agree: with a damaged index a run would be entered a second time."""
    found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise DatabaseError(
            f"is damaged: {' '.join(str(found).split())[:200]}",
            file=path,
            fix="go back to a copy, or name another file",
        )


def _rows(record: CampaignRecord) -> Iterator[DiffusivityRow]:
    """Return the analysed runs of every stage that is decided; a run without a verdict is added once it has one."""
    for history in histories(record).values():
        for run in history.md:
            verdict = history.verdict(run.stage)
            if run.transport is not None and verdict is not None:
                yield _row(record, history, run, run.transport, verdict)


def _row(
    record: CampaignRecord, history: CandidateHistory, run: MDRecord, result: TransportResult, verdict: Verdict
) -> DiffusivityRow:
    candidate, campaign = history.candidate, record.campaign
    return DiffusivityRow(
        **columns(record, "revision", "version"),
        **columns(campaign, "demonstration", campaign="name"),
        **columns(candidate, "mother", "formula", candidate="id", composition="composition_id"),
        ions=symbol_counts(candidate.structure).total(),
        **columns(run, "stage", "timestep_fs"),
        **measured_columns(result),
        **columns(result, "species", "length_ps", "D_charge_cm2_s"),
        **interval_columns("Ea", "eV", history.activation_energy_eV()),
        **columns(history.hull, "hull_energy_meV_per_atom"),
        verdict=verdict,
        **judged_columns(history.judged(run.stage)),
        estimator=campaign.verdict.estimator,
        **_source(history.relaxed),
        warnings="; ".join(result.warnings),
    )


def _source(relaxed: RelaxedStructure | None) -> dict[str, str]:
    if relaxed is None:
        return {}
    source = relaxed.provenance
    return {
        "method": f"{source.engine}: {source.code} {source.version}",
        "energy_key": source.energy_key,
        "settings": json.dumps(source.settings, sort_keys=True),
    }
