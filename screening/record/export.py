"""Results in formats that other programs read: CSV, JSON, CIF, extended XYZ."""

import csv
import io
import json
from pathlib import Path

from ewald.errors import UserError
from ewald.files.atomic import write_atomic
from screening.record.audit import filter_recall, short_against_long
from screening.record.candidate_row import CandidateRow, candidate_rows
from screening.record.diffusivity_database import add_record
from screening.record.handover.structure_set import cif_text, extxyz_frame, file_name, write_survivors
from screening.record.history import histories
from screening.record.ledger import write_ledger
from screening.record.ranking import best_first, rank
from screening.record.record import CampaignRecord

FORMATS = ("csv", "json", "cif", "extxyz", "survivors", "ledger", "sqlite")
"""Formats that :func:`export_record` knows."""


class ExportError(UserError):
    """An unknown format was asked for."""


def export_record(record: CampaignRecord, folder: Path, formats: tuple[str, ...] = FORMATS) -> tuple[Path, ...]:
    """Write the campaign's results into a folder and return the paths written.

    Parameters
    ----------
    record
        The campaign.
    folder
        Made where it is missing; files of an earlier export are replaced.
    formats
        Some of :data:`FORMATS`; all when left out.

    Raises
    ------
    ExportError
        When a format is not one of :data:`FORMATS`.
    """
    for name in formats:
        if name not in FORMATS:
            raise ExportError("unknown format", field="--format", value=name, fix=f"one of {', '.join(FORMATS)}")
    written = []
    rows = ranked_rows(record) if {"csv", "json"} & set(formats) else ()
    if "csv" in formats:
        written.append(write_atomic(folder / "candidates.csv", csv_text(record, rows)))
    if "json" in formats:
        written.append(write_atomic(folder / "candidates.json", json_text(record, rows)))
    if "cif" in formats:
        written += [
            write_atomic(folder / "structures" / f"{file_name(history.id)}.cif", cif_text(history), flush=False)
            for history in histories(record).values()
        ]
    if "extxyz" in formats:
        written.append(write_atomic(folder / "structures.extxyz", extxyz_text(record)))
    if "survivors" in formats:
        written += write_survivors(record, folder / "survivors")
    if "ledger" in formats:
        written.append(write_ledger(record.decisions, folder / "ledger.jsonl"))
    if "sqlite" in formats:
        add_record(record, folder / "diffusivity.sqlite")
        written.append(folder / "diffusivity.sqlite")
    return tuple(written)


def csv_text(record: CampaignRecord, rows: tuple[CandidateRow, ...] | None = None) -> str:
    """Return one line per candidate; units stand in the column names, an empty cell is a value not known.

    `rows` is the campaign's table where it was made already.
    """
    stream = io.StringIO()
    writer = csv.DictWriter(stream, fieldnames=list(CandidateRow.model_fields), lineterminator="\n")
    writer.writeheader()
    for row in ranked_rows(record) if rows is None else rows:
        writer.writerow(row.model_dump(mode="json"))
    return stream.getvalue()


def ranked_rows(record: CampaignRecord) -> tuple[CandidateRow, ...]:
    """Return the table of all candidates, best first with their rank; those without a decision come last."""
    rows = {row.candidate: row for row in candidate_rows(record)}
    ranks = {line.candidate_id: line.rank for line in rank(record)}
    order = [history.id for history in best_first(record)]
    return tuple(rows[name].model_copy(update={"rank": ranks.get(name)}) for name in order)


def json_text(record: CampaignRecord, rows: tuple[CandidateRow, ...] | None = None) -> str:
    """Return the table of :func:`csv_text`, the campaign it belongs to and the recall of its filters, as JSON."""
    table = ranked_rows(record) if rows is None else rows
    document = {
        "campaign": record.campaign.name,
        "revision": record.revision,
        "version": record.version,
        "demonstration": record.campaign.demonstration,
        "candidates": [row.model_dump(mode="json") for row in table],
        "short_against_long": short_against_long(record).model_dump(mode="json"),
        "filter_recall": [line.model_dump(mode="json") for line in filter_recall(record)],
    }
    return json.dumps(document, indent=2, sort_keys=True, allow_nan=False) + "\n"


def extxyz_text(record: CampaignRecord) -> str:
    """Return every candidate's structure as one frame of an extended XYZ file (readable by ASE and OVITO)."""
    return "".join(extxyz_frame(history) for history in histories(record).values())
