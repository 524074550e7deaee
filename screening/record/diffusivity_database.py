"""A self-diffusivity database in one SQLite file, to which a group keeps adding campaigns."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import NoneType
from typing import get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pymatgen.core import Structure

from ewald.errors import UserError
from ewald.files.document import user_error
from screening.decision import Verdict
from screening.record.candidate_row import columns, interval_columns, judged_columns, measured_columns
from screening.record.history import CandidateHistory, histories
from screening.record.record import CampaignRecord, MDRecord
from screening.relaxation.relaxation import Provenance
from screening.structure_document import site_symbols
from screening.transport.conductivity import TransportResult
from screening.value import Value

FORMAT = 4
"""Version of the table, kept in SQLite's `user_version`."""

EARLIER_FORMATS = (2, 3)
"""Formats that are brought up to the present one: 2 had no bounds, 3 no source, licence, model error and structure."""

APPLICATION = 0x494F4E53
"""SQLite's `application_id` of these files ("IONS")."""

_MAGIC = b"SQLite format 3\0"


class StoredStructure(Value):
    """A crystal as a row keeps it.

    Attributes
    ----------
    lattice_A
        Three lattice vectors, in A.
    sites
        Element and Cartesian position in A of each site.
    """

    lattice_A: tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
    sites: tuple[tuple[str, float, float, float], ...]


class DiffusivityRow(Value):
    """One MD run that a verdict rests on, or one published value; units stand in the names, NULL is not known.

    The intervals are statistical: they come from the length of the run alone.

    Attributes
    ----------
    campaign, revision
        Name and revision of the campaign.
    candidate, stage
        Id of the candidate, and stage of the funnel: short_md or long_md.
    temperature_K
        Temperature of the run.
    composition, mother, formula
        Id of the composition, name of its mother, and reduced formula.
    species
        The mobile ion.
    ions
        Ions in the cell.
    D_cm2_s, D_low95_cm2_s, D_high95_cm2_s
        Tracer diffusivity with its 95 % interval.
    D_charge_cm2_s, haven_ratio
        Charge diffusivity, and the ratio of the tracer diffusivity to it.
    sigma_mS_cm, sigma_low95_mS_cm, sigma_high95_mS_cm
        Nernst-Einstein conductivity with its 95 % interval.
    Ea_eV, Ea_low95_eV, Ea_high95_eV
        Activation energy from all runs of the stage, with its 95 % interval.
    hull_energy_meV_per_atom
        Energy above the hull; negative below it.
    verdict
        The campaign's verdict on the candidate at this stage, from all of its temperatures.
    timestep_fs, length_ps
        MD time step, and length of the part of the run that was analysed.
    method, estimator
        Engine, code and its version; and how the diffusivity was estimated.
    energy_key
        Key of the energies that may be compared in one hull.
    version
        The IonSieve that wrote the row.
    demonstration
        Whether the campaign is marked as a demonstration.
    warnings
        What puts the numbers in doubt, separated by semicolons.
    D_least_cm2_s, D_middle_cm2_s, D_most_cm2_s
        Eigenvalues of the tensor of the tracer diffusivity.
    sigma_charge_mS_cm
        Conductivity from the charge diffusivity.
    judged_at_K
        Temperature of the judged conductivity.
    judged_mS_cm, judged_low95_mS_cm, judged_high95_mS_cm
        Conductivity that the verdict rests on, with its 95 % interval.
    settings
        Settings of the engine, as JSON.
    bound
        Why a run gives only an upper bound: the upper ends of the intervals are then the bounds, and the values NULL.
    model_error_factor
        Ratio of the conductivities of two engines, where a second one was run.
    source, licence
        Who or what the row comes from (of a published value its publication), and the terms of use.
    structure
        Crystal that MD began from, as the JSON of a :class:`StoredStructure`.
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
    ions: int | None = None
    D_cm2_s: float | None = None
    D_low95_cm2_s: float | None = None
    D_high95_cm2_s: float | None = None
    D_charge_cm2_s: float | None = None
    haven_ratio: float | None = None
    sigma_mS_cm: float | None = None
    sigma_low95_mS_cm: float | None = None
    sigma_high95_mS_cm: float | None = None
    Ea_eV: float | None = None
    Ea_low95_eV: float | None = None
    Ea_high95_eV: float | None = None
    hull_energy_meV_per_atom: float | None = None
    verdict: str | None = None
    timestep_fs: float | None = None
    length_ps: float | None = None
    method: str | None = None
    energy_key: str | None = None
    version: str
    demonstration: bool
    warnings: str
    D_least_cm2_s: float | None = None
    D_middle_cm2_s: float | None = None
    D_most_cm2_s: float | None = None
    sigma_charge_mS_cm: float | None = None
    judged_at_K: float | None = None
    judged_mS_cm: float | None = None
    judged_low95_mS_cm: float | None = None
    judged_high95_mS_cm: float | None = None
    estimator: str | None = None
    settings: str | None = None
    bound: str | None = None
    model_error_factor: float | None = None
    source: str | None = None
    licence: str | None = None
    structure: str | None = None

    @property
    def key(self) -> tuple[str, str, str, str, float]:
        """Values of :data:`KEY`."""
        return self.campaign, self.revision, self.candidate, self.stage, self.temperature_K


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

    Parameters
    ----------
    record
        The campaign.
    path
        The SQLite file; made where it is missing.

    Returns
    -------
    int
        Rows that the database holds afterwards.

    Raises
    ------
    DatabaseError
        When the file is something else, or of another format.
    """
    with opened(path) as connection:
        insert(connection, rows_of(record))
        return count(connection)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database for writing; it is made, or brought up to the present format. All is written or nothing.

    Raises
    ------
    DatabaseError
        When the file is something else, damaged, or of another format.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _refuse_other_files(path)
    try:
        with closing(sqlite3.connect(path, timeout=30.0)) as connection, connection:
            # Who reads first and then writes must not be overtaken by another of the group in between.
            connection.execute("BEGIN IMMEDIATE")
            _open(connection, path)
            yield connection
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise _unusable(path, error) from None


def insert(connection: sqlite3.Connection, rows: Iterable[DiffusivityRow]) -> None:
    """Write rows; one with the key of an earlier one replaces it."""
    connection.executemany(_INSERT, [row.to_document() for row in rows])


def count(connection: sqlite3.Connection) -> int:
    """Return the number of rows."""
    return int(connection.execute("SELECT COUNT(*) FROM diffusivity").fetchone()[0])


def read_rows(path: Path) -> tuple[DiffusivityRow, ...]:
    """Return all rows of a database, of this or an earlier format, which is left as it is; sorted by the key.

    Parameters
    ----------
    path
        SQLite file of diffusivities.

    Raises
    ------
    DatabaseError
        When there is no such file, or it is something else, damaged, or of another format.
    """
    if not path.is_file():
        raise DatabaseError("no such file", file=path, fix="name a database that `ionsieve diffusivities merge` wrote")
    _refuse_other_files(path)
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=30.0)) as connection:
            return rows_in(connection, path)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise _unusable(path, error) from None


def rows_in(connection: sqlite3.Connection, path: Path) -> tuple[DiffusivityRow, ...]:
    """Return all rows of an open database, sorted by the key.

    Raises
    ------
    DatabaseError
        When it is of another format, or damaged.
    """
    if _format(connection) not in (*EARLIER_FORMATS, FORMAT):
        raise _other_format(path)
    _refuse_damaged(connection, path)
    found = connection.execute(f"SELECT * FROM diffusivity ORDER BY {', '.join(KEY)}")  # noqa: S608 (names are ours)
    names = [column[0] for column in found.description]
    try:
        return tuple(DiffusivityRow.model_validate(dict(zip(names, values, strict=True))) for values in found)
    except ValidationError as error:
        raise user_error(
            error, DatabaseError, file=path, what="contains a row that cannot be read", fix="go back to a copy"
        ) from None


def _unusable(path: Path, error: Exception) -> DatabaseError:
    return DatabaseError(f"cannot be used: {' '.join(str(error).split())}", file=path, fix="name another file")


def _other_format(path: Path) -> DatabaseError:
    return DatabaseError(
        "is not a diffusivity database of this version of IonSieve", file=path, fix="name another file"
    )


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
        raise DatabaseError("is not an SQLite database", file=path, fix="name another file")


def _format(connection: sqlite3.Connection) -> int | None:
    """Return the format of the table; None for a database of another program."""
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
        return None
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _open(connection: sqlite3.Connection, path: Path) -> None:
    version = _format(connection)
    empty = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0] == 0
    if empty:
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
    elif version in EARLIER_FORMATS:
        _refuse_damaged(connection, path)
        _bring_up_to_date(connection)
    elif version != FORMAT:
        raise _other_format(path)
    else:
        _refuse_damaged(connection, path)
    connection.execute(TABLE)


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Copy a table of an earlier format into one of this format."""
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


def rows_of(record: CampaignRecord) -> Iterator[DiffusivityRow]:
    """Yield the analysed runs of every stage that is decided; a run without a verdict is added once it has one."""
    for history in histories(record).values():
        structure = ""
        for run in history.md:
            verdict = history.verdict(run.stage)
            if run.transport is not None and verdict is not None:
                # The runs of a candidate begin from one structure.
                structure = structure or _structure_text(history.structure)
                yield _row(record, history, run, run.transport, verdict=verdict, structure=structure)


def _row(
    record: CampaignRecord,
    history: CandidateHistory,
    run: MDRecord,
    result: TransportResult,
    *,
    verdict: Verdict,
    structure: str,
) -> DiffusivityRow:
    candidate, campaign = history.candidate, record.campaign
    return DiffusivityRow(
        **columns(record, "revision", "version"),
        **columns(campaign, "demonstration", campaign="name"),
        **columns(candidate, "mother", "formula", candidate="id", composition="composition_id"),
        ions=len(candidate.structure),
        **columns(run, "stage", "timestep_fs"),
        **measured_columns(result),
        **columns(result, "species", "length_ps", "D_charge_cm2_s"),
        **interval_columns("Ea", "eV", history.activation_energy_eV()),
        **columns(history.hull, "hull_energy_meV_per_atom"),
        verdict=verdict,
        **judged_columns(history.judged(run.stage)),
        estimator=campaign.verdict.estimator,
        **_method(run, history),
        warnings="; ".join(result.warnings),
        **columns(history.model_error(), model_error_factor="factor"),
        source=f"{campaign.name} {record.revision}",
        structure=structure,
    )


def _method(run: MDRecord, history: CandidateHistory) -> dict[str, str]:
    """Return what ran the MD; where the run does not say, one engine did everything."""
    source: Provenance | None = run.provenance
    if source is None and history.relaxed is not None:
        source = history.relaxed.provenance
    if source is None:
        return {}
    return {
        "method": f"{source.engine}: {source.code} {source.version}",
        "energy_key": source.energy_key,
        "settings": json.dumps(source.settings, sort_keys=True),
    }


def _structure_text(structure: Structure) -> str:
    """Return lattice and sites as JSON, to 1e-6 A."""
    places = map(_rounded, structure.cart_coords.tolist())
    sites = tuple((symbol, *place) for symbol, place in zip(site_symbols(structure), places, strict=True))
    a, b, c = (_rounded(vector) for vector in structure.lattice.matrix)
    return StoredStructure(lattice_A=(a, b, c), sites=sites).model_dump_json()


def _rounded(vector: Iterable[float]) -> tuple[float, float, float]:
    x, y, z = (round(float(component), 6) for component in vector)
    return x, y, z
