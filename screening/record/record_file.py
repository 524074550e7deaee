"""`record.json`: a finished campaign in one file, readable without a server."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ewald.errors import UserError
from ewald.files.atomic import write_atomic
from ewald.files.document import user_error
from screening.decision import Decision, Stage
from screening.record.record import RECORD_FORMAT, CampaignRecord
from screening.transport.conductivity import TransportResult

RECORD_NAME = "record.json"
DAMAGED = "it is damaged; ionsieve report of the campaign file writes from the database"


class RecordError(UserError):
    """A campaign's record is missing or damaged."""


def write_record(record: CampaignRecord, path: Path) -> Path:
    """Write a record atomically; the same record gives the same bytes."""
    document = record.to_document()
    return write_atomic(path, json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n")


def read_record(path: Path) -> CampaignRecord:
    """Read `record.json`, or the one in a campaign's folder.

    Raises
    ------
    RecordError
        When there is none, or it cannot be understood.
    """
    file = path / RECORD_NAME if path.is_dir() else path
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise RecordError(
            "no such record", file=file, fix="run the campaign, or name the folder that holds its record.json"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise RecordError(f"cannot be read: {error}", file=file) from None
    try:
        return _of_format_2(CampaignRecord.model_validate_json(text))
    except ValidationError as error:
        newer = _newer_format(text)
        if newer is not None:
            raise RecordError(
                f"is of format {newer}, and this version of IonSieve reads up to {RECORD_FORMAT}",
                file=file,
                field="format",
                fix="read it with the newer version that wrote it",
            ) from None
        raise user_error(
            error,
            RecordError,
            file=file,
            what="is not a campaign's record",
            fix=DAMAGED,
        ) from None
    except ValueError as error:
        raise RecordError(
            f"holds runs that no conductivity follows from: {error}", file=file, field="md", fix=DAMAGED
        ) from None


def _of_format_2(record: CampaignRecord) -> CampaignRecord:
    """Give decisions about conductivities what records of format 2 left out: temperature, probability, bounds."""
    if record.format >= RECORD_FORMAT:
        return record
    from screening.transport.arrhenius import judged_conductivity

    runs: defaultdict[tuple[str, Stage], list[TransportResult]] = defaultdict(list)
    for run in record.md:
        if run.transport is not None:
            runs[run.candidate_id, run.stage].append(run.transport)
    rule, seed = record.campaign.verdict, record.campaign.seed

    def completed(decision: Decision) -> Decision:
        found = runs.get((decision.subject, decision.stage))
        if found is None or decision.value is None:
            return decision
        judged = judged_conductivity(found, rule, seed=seed)
        at: dict[str, Any] = {
            "temperature_K": judged.temperature_K,
            "probability_above": judged.probability_above,
        }
        if judged.estimate.bound is not None:
            # Nothing hopped: the mean of the prior, which was written down, is no measurement.
            at = {"temperature_K": judged.temperature_K, "value": None, "low95": None, "high95": judged.estimate.high95}
            at |= {"bound": judged.estimate.bound}
        return decision.model_copy(update=at)

    return record.model_copy(
        update={"format": RECORD_FORMAT, "decisions": tuple(completed(decision) for decision in record.decisions)}
    )


def _newer_format(text: str) -> int | None:
    """Return the format of a record that is newer than this program, else None."""
    try:
        content = json.loads(text)
    except ValueError:
        return None
    version = content.get("format") if isinstance(content, dict) else None
    return version if isinstance(version, int) and version > RECORD_FORMAT else None
