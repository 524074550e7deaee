"""MD runs as the database knows them: their settings, their segments, their frames."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ewald.errors import CheckpointError
from screening.campaign.campaign import Campaign
from screening.campaign.stages import MDStage
from screening.relaxation.relaxation import Provenance, RelaxedStructure
from screening.trajectory.segments import read_segments
from screening.trajectory.trajectory import Trajectory
from screening.value import content_hash
from workflows.engines.engine import MDSegment
from workflows.spec import StageSpec, run_subject

if TYPE_CHECKING:
    from workflows.store.results import Results


class StoredSegment(MDSegment):
    """A segment as the database holds it: its path starts from the campaign's folder, which may be moved.

    Attributes
    ----------
    bytes
        Size of the file.
    """

    bytes: int

    @classmethod
    def of(cls, segment: MDSegment, folder: Path) -> Self:
        """Return the segment as it is to be stored, for a campaign in `folder`."""
        place = {"path": segment.path.relative_to(folder), "bytes": segment.path.stat().st_size}
        return cls(**(dict(segment) | place))

    def in_folder(self, folder: Path) -> MDSegment:
        """Return the segment with its path in the campaign's folder.

        Raises
        ------
        CheckpointError
            When the path leads out of it, whatever wrote that.
        """
        full = folder / self.path
        if not full.resolve().is_relative_to(folder.resolve()):
            raise CheckpointError("is outside the campaign's folder", value=str(self.path), fix="ionsieve db restore")
        return MDSegment(**{name: value for name, value in self if name != "bytes"} | {"path": full})


def md_stage(campaign: Campaign, name: str) -> MDStage:
    """Return the settings of an MD stage; the better engine repeats the long one with its settings."""
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
    results: "Results", stage: str, candidate_id: str, temperature_K: float, parts: int
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
        stored = results.get(StoredSegment, f"{stage}_segment", subject)
        if stored is None:
            raise CheckpointError("has no result", value=subject, fix="ionsieve rerun --stage " + stage)
        found.append(stored.in_folder(results.entry.folder))
    return tuple(found)


def trajectory_of(segments: Sequence[MDSegment]) -> Trajectory:
    """Join segments into one trajectory, after comparing every file with its checksum."""
    paths: list[Path | str] = [segment.path for segment in segments]
    return read_segments(paths, {str(segment.path): segment.sha256 for segment in segments})
