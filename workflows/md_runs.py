"""MD runs as the database knows them: their settings, their segments, their frames."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ewald.errors import CheckpointError
from screening.campaign import Campaign
from screening.campaign.stages import MDStage
from screening.relaxation import Provenance, RelaxedStructure
from screening.trajectory import Trajectory, read_segments
from screening.value import content_hash
from workflows.engines.engine import MDSegment
from workflows.spec import StageSpec, run_subject

if TYPE_CHECKING:
    from workflows.store import CampaignResults


def md_stage(campaign: Campaign, name: str) -> MDStage:
    """Return the settings of `short_md` or `long_md`."""
    return campaign.short_md if name.startswith("short_md") else campaign.long_md


def segment_subject(candidate_id: str, temperature_K: float, part: int) -> str:
    """Name of one segment in the database.

    Examples
    --------
    >>> segment_subject("x_a1", 600, 0)
    'x_a1@600K#0000'
    """
    return f"{run_subject(candidate_id, temperature_K)}#{part:04d}"


def segment_hash(campaign: Campaign, spec: StageSpec, relaxed: RelaxedStructure, provenance: Provenance) -> str:
    """Hash of everything a run's trajectory depends on; its length is left out, because a run may be extended."""
    settings = md_stage(campaign, spec.stage).model_dump(
        mode="json",
        include={"timestep_fs", "segment_ps", "frame_every_fs", "thermostat", "thermostat_time_fs"},
    )
    return content_hash(relaxed.structure, settings, provenance, campaign.seed, spec.stage, spec.temperature_K)


def segments_of(
    results: "CampaignResults", stage: str, candidate_id: str, temperature_K: float, parts: int
) -> tuple[MDSegment, ...]:
    """Return the first segments of a run, with absolute paths.

    Raises
    ------
    CheckpointError
        When one is missing.
    """
    found = []
    for part in range(parts):
        subject = segment_subject(candidate_id, temperature_K, part)
        document = results.get(f"{stage}_segment", subject)
        if document is None:
            raise CheckpointError("has no result", value=subject, mend="ionsieve rerun --stage " + stage)
        content = {key: value for key, value in document.items() if key != "bytes"}
        content["path"] = _below(results.entry.folder, str(document["path"]))
        found.append(MDSegment.from_document(content))
    return tuple(found)


def _below(folder: Path, path: str) -> Path:
    """Return a path that stays in the campaign's folder, wherever a document says it leads."""
    full = folder / path
    if not full.resolve().is_relative_to(folder.resolve()):
        raise CheckpointError("leads out of the campaign's folder", value=path, mend="ionsieve db restore")
    return full


def trajectory_of(segments: Sequence[MDSegment]) -> Trajectory:
    """Join segments into one trajectory, after comparing every file with its checksum."""
    paths: list[Path | str] = [segment.path for segment in segments]
    return read_segments(paths, {str(segment.path): segment.sha256 for segment in segments})
