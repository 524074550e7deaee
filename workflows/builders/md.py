"""The Fireworks of MD: segments at each temperature, and looks at what they say so far."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fireworks import Workflow

from screening.campaign.stages import MDStage
from workflows.builders.composition import readable
from workflows.firetasks.stage_task import firework
from workflows.spec import StageSpec

MDStageName = Literal["short_md", "long_md"]
#: Attempts of repeated segments are counted from here, apart from those that continue a segment after a walltime.
REPEAT = 1000
WORDS = {"short_md": "short MD", "long_md": "long MD"}


@dataclass(frozen=True)
class Schedule:
    """How an MD stage is cut into segments, and after which of them it is judged.

    Attributes
    ----------
    parts
        Segments in the whole budget.
    first_look
        Segments before the run is judged for the first time.
    steps
        MD steps of one segment.
    frame_every
        Steps between stored frames.
    """

    parts: int
    first_look: int
    steps: int
    frame_every: int

    @property
    def looks(self) -> int:
        """How often the run may be judged at most."""
        return self.parts - self.first_look + 1

    def look(self, parts_done: int) -> int:
        """Return the number of the look after so many segments, counted from 1."""
        return parts_done - self.first_look + 1


def schedule(stage: MDStage) -> Schedule:
    """Return the schedule of an MD stage.

    An adaptive run is judged from the first segment that reaches beyond twice its equilibration; one of fixed
    length when it has that length.

    Examples
    --------
    >>> schedule(MDStage(timestep_fs=2, length_ps=10, segment_ps=2, equilibration_ps=1.5)).first_look
    2
    """
    budget = stage.max_length_ps or stage.length_ps
    parts = max(1, math.ceil(round(budget / stage.segment_ps, 9)))
    needed = 2 * stage.equilibration_ps if stage.adaptive else stage.length_ps
    first = max(1, math.ceil(round(needed / stage.segment_ps, 9)))
    frame_every = max(1, round(stage.frame_every_fs / stage.timestep_fs))
    steps = max(1, round(1000 * stage.segment_ps / stage.timestep_fs))
    return Schedule(parts, min(first, parts), steps, frame_every)


def md_start(scope: StageSpec, stage_name: MDStageName, candidate_id: str, stage: MDStage) -> Workflow:
    """Build the first segments of a candidate's MD, up to and with the first look.

    Parameters
    ----------
    scope
        Any spec of the same composition.
    """
    return _rounds(scope, stage_name, candidate_id, stage, range(schedule(stage).first_look))


def md_extension(scope: StageSpec, stage_name: MDStageName, candidate_id: str, stage: MDStage, part: int) -> Workflow:
    """Build one more segment at each temperature, and the look after it."""
    return _rounds(scope, stage_name, candidate_id, stage, range(part, part + 1))


def md_repeat(look: StageSpec, stage_name: MDStageName, temperatures_K: Sequence[float]) -> Workflow:
    """Build what runs damaged trajectories again and then repeats the look that found them.

    Parameters
    ----------
    look
        Spec of the look.
    temperatures_K
        Of the damaged runs; the last segment of each mends those before it.
    """
    from workflows.firetasks.md_look import MDLookTask
    from workflows.firetasks.md_segment import MDSegmentTask

    words = f"{WORDS[stage_name]} {readable(look.subject)}"
    attempt = look.attempt + 1
    repeated = []
    for temperature in temperatures_K:
        change = {"stage": stage_name, "temperature_K": temperature, "part": look.part - 1, "attempt": REPEAT + attempt}
        spec = look.model_copy(update=change)
        name = f"{words} {temperature:g} K, damaged, again"
        repeated.append(firework(MDSegmentTask(), spec, name, allow_failed_parents=True))
    again = look.model_copy(update={"attempt": attempt})
    judge = firework(
        MDLookTask(), again, f"judge {words} after part {look.part} again", parents=repeated, allow_failed_parents=True
    )
    return Workflow([*repeated, judge], name=f"{words} again")


def _rounds(scope: StageSpec, stage_name: MDStageName, candidate_id: str, stage: MDStage, parts: range) -> Workflow:
    from workflows.firetasks.md_look import MDLookTask
    from workflows.firetasks.md_segment import MDSegmentTask

    base = StageSpec(
        campaign=scope.campaign,
        revision=scope.revision,
        composition=scope.composition,
        stage=stage_name,
        subject=candidate_id,
    )
    words = f"{WORDS[stage_name]} {readable(candidate_id)}"
    fireworks = []
    last = []
    for temperature in stage.temperatures_K:
        parent = None
        for part in parts:
            spec = base.model_copy(update={"temperature_K": temperature, "part": part})
            parent = firework(
                MDSegmentTask(),
                spec,
                f"{words} {temperature:g} K part {part + 1}",
                parents=[parent] if parent else [],
                allow_failed_parents=True,
            )
            fireworks.append(parent)
        last.append(parent)
    look = base.model_copy(update={"stage": f"{stage_name}_look", "part": parts.stop})
    fireworks.append(
        firework(MDLookTask(), look, f"judge {words} after part {parts.stop}", parents=last, allow_failed_parents=True)
    )
    return Workflow(fireworks, name=words)
