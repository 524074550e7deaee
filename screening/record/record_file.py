"""`record.json`: a finished campaign in one file, readable without a server."""

import json
import lzma
from collections import defaultdict
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ewald.errors import UserError
from ewald.files.atomic import write_atomic
from ewald.files.document import user_error
from screening.decision import Decision, Stage
from screening.record.record import RECORD_FORMAT, CampaignRecord, MDRecord
from screening.transport.conductivity import TransportResult
from screening.transport.motion import LEAST_LEFT

RECORD_NAME = "record.json"
COMPRESSED = ".xz"
DAMAGED = "it is damaged; ionsieve report of the campaign file writes from the database"


class RecordError(UserError):
    """A campaign's record is missing or damaged."""


def write_record(record: CampaignRecord, path: Path) -> Path:
    """Write a record as JSON and return its path; the same record gives the same bytes.

    Parameters
    ----------
    record
        The campaign.
    path
        Replaced as a whole, or not at all; compressed when it ends with `.xz`.
    """
    document = record.to_document()
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
    return write_atomic(path, lzma.compress(text.encode()) if path.suffix == COMPRESSED else text)


def read_record(path: Path) -> CampaignRecord:
    """Read `record.json`, or the one in a campaign's folder; also compressed, as `record.json.xz`.

    Parameters
    ----------
    path
        The file, or the folder that holds it.

    Raises
    ------
    RecordError
        When there is none, or it cannot be understood.
    """
    file = path
    if path.is_dir():
        plain = path / RECORD_NAME
        packed = plain.with_name(plain.name + COMPRESSED)
        file = packed if packed.exists() and not plain.exists() else plain
    try:
        content = file.read_bytes()
        text = (lzma.decompress(content) if file.suffix == COMPRESSED else content).decode()
    except FileNotFoundError:
        raise RecordError(
            "no such record", file=file, fix="run the campaign, or name the folder that holds its record.json"
        ) from None
    except (OSError, UnicodeDecodeError, lzma.LZMAError) as error:
        raise RecordError(f"cannot be read: {error}", file=file) from None
    try:
        return _of_earlier_format(CampaignRecord.model_validate_json(text))
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
            f"contains runs without a usable conductivity: {error}", file=file, field="md", fix=DAMAGED
        ) from None


def _of_earlier_format(record: CampaignRecord) -> CampaignRecord:
    """Give what earlier formats left out: of decisions temperature and probability (2), of runs some bounds (3)."""
    if record.format >= RECORD_FORMAT:
        return record
    from screening.transport.arrhenius import judged_conductivity
    from screening.transport.verdict import printed_probability

    record = record.model_copy(update={"md": tuple(_bounded(run) for run in record.md)})
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
            "probability_above": printed_probability(judged, decision.verdict),
        }
        if judged.estimate.bound is not None:
            # What was written down as a value is the mean of the prior, or of motion that may lead nowhere.
            at |= {"value": None, "low95": None, "high95": judged.estimate.high95, "bound": judged.estimate.bound}
        return decision.model_copy(update=at)

    return record.model_copy(
        update={"format": RECORD_FORMAT, "decisions": tuple(completed(decision) for decision in record.decisions)}
    )


def _bounded(run: MDRecord) -> MDRecord:
    """Return a run in which no ion was seen to leave with a bound, where earlier versions stored a value."""
    found = run.transport
    if found is None or found.sound or found.D_cm2_s.bound is not None or (found.ions_left or 0) >= LEAST_LEFT:
        return run
    bound = {
        "bound": "long-range diffusion not established" if found.framework_intact else "framework broken",
        "low95": 0.0,
    }
    update = {name: getattr(found, name).model_copy(update=bound) for name in ("D_cm2_s", "sigma_mS_cm")}
    return run.model_copy(update={"transport": found.model_copy(update=update)})


def _newer_format(text: str) -> int | None:
    """Return the format of a record that is newer than this program, else None."""
    try:
        content = json.loads(text)
    except ValueError:
        return None
    version = content.get("format") if isinstance(content, dict) else None
    return version if isinstance(version, int) and version > RECORD_FORMAT else None
