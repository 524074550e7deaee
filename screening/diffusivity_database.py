"""A self-diffusivity database in one SQLite file, to which a group keeps adding campaigns."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from ewald.errors import UserError
from screening.activation import activation_energy_eV
from screening.dossier import Dossier, dossiers
from screening.record import CampaignRecord, MDRecord

FORMAT = 2
"""Version of the table, kept in SQLite's `user_version`. 1 lacked the columns of :data:`ADDED`."""

APPLICATION = 0x494F4E53
"""SQLite's `application_id` of these files ("IONS")."""

_MAGIC = b"SQLite format 3\0"

TABLE = """
CREATE TABLE IF NOT EXISTS diffusivity (
    campaign TEXT NOT NULL, revision TEXT NOT NULL, candidate TEXT NOT NULL, stage TEXT NOT NULL,
    temperature_K REAL NOT NULL,
    composition TEXT NOT NULL, mother TEXT NOT NULL, formula TEXT NOT NULL, species TEXT NOT NULL,
    ions INTEGER NOT NULL,
    D_cm2_s REAL NOT NULL, D_low95_cm2_s REAL NOT NULL, D_high95_cm2_s REAL NOT NULL,
    D_charge_cm2_s REAL, haven_ratio REAL,
    sigma_mS_cm REAL NOT NULL, sigma_low95_mS_cm REAL NOT NULL, sigma_high95_mS_cm REAL NOT NULL,
    Ea_eV REAL, Ea_low95_eV REAL, Ea_high95_eV REAL, hull_energy_meV_per_atom REAL, verdict TEXT NOT NULL,
    timestep_fs REAL NOT NULL, length_ps REAL NOT NULL,
    method TEXT, energy_key TEXT, version TEXT NOT NULL, demonstration INTEGER NOT NULL, warnings TEXT NOT NULL,
    D_least_cm2_s REAL, D_middle_cm2_s REAL, D_most_cm2_s REAL, sigma_charge_mS_cm REAL,
    judged_at_K REAL, judged_mS_cm REAL, judged_low95_mS_cm REAL, judged_high95_mS_cm REAL,
    estimator TEXT, settings TEXT,
    PRIMARY KEY (campaign, revision, candidate, stage, temperature_K)
)
"""

ADDED = {
    "D_least_cm2_s": "REAL", "D_middle_cm2_s": "REAL", "D_most_cm2_s": "REAL", "sigma_charge_mS_cm": "REAL",
    "judged_at_K": "REAL", "judged_mS_cm": "REAL", "judged_low95_mS_cm": "REAL", "judged_high95_mS_cm": "REAL",
    "estimator": "TEXT", "settings": "TEXT",
}  # fmt: skip
"""Columns of format 2, added to an older file when a campaign is added to it: eigenvalues of the diffusivity tensor,
conductivity from the charge diffusivity, conductivity judged and at which temperature, how D was estimated,
settings of the engine as JSON. Rows of older versions leave them empty."""


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
    rows = [
        _row(record, dossier, run)
        for dossier in dossiers(record).values()
        for run in dossier.md
        if run.transport is not None
    ]
    _refuse_other_files(path)
    try:
        with closing(sqlite3.connect(path, timeout=30.0)) as connection, connection:
            _open(connection, path)
            for row in rows:
                columns = ", ".join(row)
                marks = ", ".join(f":{name}" for name in row)
                connection.execute(f"INSERT OR REPLACE INTO diffusivity ({columns}) VALUES ({marks})", row)  # noqa: S608 (names are ours)
            return int(connection.execute("SELECT COUNT(*) FROM diffusivity").fetchone()[0])
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise DatabaseError(
            f"cannot be used: {' '.join(str(error).split())}", file=path, mend="name another file"
        ) from None


def _refuse_other_files(path: Path) -> None:
    """SQLite takes a file of some bytes for an empty database, and would write over it."""
    try:
        with path.open("rb") as stream:
            head = stream.read(len(_MAGIC))
    except FileNotFoundError:
        return
    except OSError as error:
        raise DatabaseError(f"cannot be read: {error.strerror}", file=path, mend="name another file") from None
    if head and head != _MAGIC:
        raise DatabaseError("is no SQLite database", file=path, mend="name another file")


def _open(connection: sqlite3.Connection, path: Path) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    empty = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0] == 0
    if empty:
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
    elif (application, version) == (APPLICATION, 1):
        for name, kind in ADDED.items():
            connection.execute(f"ALTER TABLE diffusivity ADD COLUMN {name} {kind}")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
    elif (application, version) != (APPLICATION, FORMAT):
        raise DatabaseError(
            "is not a diffusivity database of this version of IonSieve", file=path, mend="name another file"
        )
    else:
        _refuse_damaged(connection, path)
    connection.execute(TABLE)


def _refuse_damaged(connection: sqlite3.Connection, path: Path) -> None:
    """Rows and their index must tell the same; a damaged key would have a run that is there entered again."""
    found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise DatabaseError(
            f"is damaged: {' '.join(str(found).split())[:200]}",
            file=path,
            mend="go back to a copy, or name another file",
        )


def _row(record: CampaignRecord, dossier: Dossier, run: MDRecord) -> dict[str, str | int | float | None]:
    result = run.transport
    assert result is not None  # noqa: S101 (the caller leaves those out)
    activation = activation_energy_eV(dossier)
    source = dossier.relaxed.provenance if dossier.relaxed is not None else None
    judged = dossier.judged(run.stage)
    least, middle, most = sorted(result.eigenvalues_cm2_s)
    return {
        "campaign": record.campaign.name,
        "revision": record.revision,
        "candidate": dossier.id,
        "stage": str(run.stage),
        "temperature_K": run.temperature_K,
        "composition": dossier.candidate.composition_id,
        "mother": dossier.candidate.mother,
        "formula": dossier.candidate.formula,
        "species": result.species,
        "ions": len(dossier.candidate.structure),
        "D_cm2_s": result.D_cm2_s.mean,
        "D_low95_cm2_s": result.D_cm2_s.low95,
        "D_high95_cm2_s": result.D_cm2_s.high95,
        "D_charge_cm2_s": result.D_charge_cm2_s,
        "haven_ratio": result.haven_ratio,
        "sigma_mS_cm": result.sigma_mS_cm.mean,
        "sigma_low95_mS_cm": result.sigma_mS_cm.low95,
        "sigma_high95_mS_cm": result.sigma_mS_cm.high95,
        "Ea_eV": activation.mean if activation is not None else None,
        "Ea_low95_eV": activation.low95 if activation is not None else None,
        "Ea_high95_eV": activation.high95 if activation is not None else None,
        "hull_energy_meV_per_atom": dossier.hull.hull_energy_meV_per_atom if dossier.hull is not None else None,
        "verdict": str(result.verdict),
        "timestep_fs": run.timestep_fs,
        "length_ps": result.length_ps,
        "method": f"{source.engine}: {source.code} {source.version}" if source is not None else None,
        "energy_key": source.energy_key if source is not None else None,
        "version": record.version,
        "demonstration": int(record.campaign.demonstration),
        "warnings": "; ".join(result.warnings),
        "D_least_cm2_s": least,
        "D_middle_cm2_s": middle,
        "D_most_cm2_s": most,
        "sigma_charge_mS_cm": result.sigma_charge_mS_cm,
        "judged_at_K": dossier.judged_at_K(record.campaign.verdict, run.stage),
        "judged_mS_cm": judged.value if judged is not None else None,
        "judged_low95_mS_cm": judged.low95 if judged is not None else None,
        "judged_high95_mS_cm": judged.high95 if judged is not None else None,
        "estimator": record.campaign.verdict.estimator,
        "settings": json.dumps(source.settings, sort_keys=True) if source is not None else None,
    }
