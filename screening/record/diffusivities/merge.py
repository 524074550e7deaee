"""Rows of several campaigns in one database; duplicates are recognised by a hash of the measured data."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from screening.record.diffusivity_database import DiffusivityRow, count, insert, opened, rows_in
from screening.value import Value, content_hash

PUBLISHED = "published"
"""Campaign and stage of rows that no campaign measured."""

_MEASURED = (
    "formula",
    "species",
    "temperature_K",
    "D_cm2_s",
    "D_low95_cm2_s",
    "D_high95_cm2_s",
    "sigma_mS_cm",
    "sigma_high95_mS_cm",
    "timestep_fs",
    "length_ps",
    "bound",
)
_KEPT = ("licence", "structure", "model_error_factor")


class MergeCount(Value):
    """What became of the rows of a merge.

    Attributes
    ----------
    added
        New rows.
    duplicates
        Rows of a measurement that was there already, under whatever campaign.
    replaced
        Rows that took the place of a shorter run of the same campaign, candidate, stage and temperature.
    shorter
        Rows left out, because a longer run stands in their place.
    rows
        All rows of the database afterwards.
    """

    added: int = 0
    duplicates: int = 0
    replaced: int = 0
    shorter: int = 0
    rows: int = 0


def measured_hash(row: DiffusivityRow) -> str:
    """Return the hash of what was measured; campaign, verdict and version are not part of it.

    Of a published value method and source enter too: two publications may have found the same number.

    Parameters
    ----------
    row
        Row of a database of diffusivities.
    """
    names = (*_MEASURED, "method", "source") if row.stage == PUBLISHED else _MEASURED
    return content_hash([getattr(row, name) for name in names])


def labelled(
    rows: Iterable[DiffusivityRow], source: str | None = None, licence: str | None = None
) -> Iterator[DiffusivityRow]:
    """Yield rows with a source, and a licence where they have none.

    Parameters
    ----------
    rows
        Rows of a campaign or a database.
    source
        Who they come from; campaign and revision when left out. A row that names another source keeps it.
    licence
        Terms of use of those that state none.
    """
    for row in rows:
        ours = row.source is None or row.source == _campaign(row)
        update = {"licence": row.licence or licence, "source": (source or _campaign(row)) if ours else row.source}
        yield row.model_copy(update=update)


def merge_rows(target: Path, rows: Iterable[DiffusivityRow]) -> MergeCount:
    """Add rows to a database, which is made where it is missing; all of them or, after an error, none.

    Parameters
    ----------
    target
        SQLite file of diffusivities.
    rows
        Rows to add.

    Raises
    ------
    DatabaseError
        When the file is something else, damaged, or of another format.
    """
    done = dict.fromkeys(("added", "duplicates", "replaced", "shorter"), 0)
    with opened(target) as connection:
        known = {row.key: row for row in rows_in(connection, target)}
        hashes = {measured_hash(row) for row in known.values()}
        for row in rows:
            digest, earlier = measured_hash(row), known.get(row.key)
            if earlier is None:
                outcome = "duplicates" if digest in hashes else "added"
            elif measured_hash(earlier) == digest:
                outcome = "duplicates"
            else:
                outcome = "replaced" if (row.length_ps or 0) >= (earlier.length_ps or 0) else "shorter"
            done[outcome] += 1
            if outcome == "shorter" or (outcome == "duplicates" and earlier is None):
                continue
            known[row.key] = row if earlier is None else _completed(row, earlier)
            hashes.add(digest)
            insert(connection, [known[row.key]])
        return MergeCount(**done, rows=count(connection))


def _campaign(row: DiffusivityRow) -> str:
    return f"{row.campaign} {row.revision}"


def _completed(row: DiffusivityRow, earlier: DiffusivityRow) -> DiffusivityRow:
    """Return a row with what only the earlier one says of its origin; the same measurement keeps source and licence."""
    update = {name: getattr(earlier, name) for name in _KEPT if getattr(row, name) is None}
    same = measured_hash(row) == measured_hash(earlier) and earlier.source != _campaign(earlier)
    if earlier.source is not None and (same or row.source in (None, _campaign(row))):
        update["source"] = earlier.source
    if same and earlier.licence is not None:
        update["licence"] = earlier.licence
    return row.model_copy(update=update)
