"""The schedule of an MD stage: its segments, and after which of them it is judged."""

import math
from dataclasses import dataclass
from typing import Literal

from screening.campaign.stages import MDStage
from workflows.spec import StageSpec

MDStageName = Literal["short_md", "long_md", "check_md"]


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
    begins_hot
        Whether the hottest run is judged alone before the others start: one look more, the first.
    """

    parts: int
    first_look: int
    steps: int
    frame_every: int
    begins_hot: bool = False

    @property
    def looks(self) -> int:
        """How often the run may be judged at most."""
        return self.parts - self.first_look + 1 + self.begins_hot

    def look(self, parts_done: int) -> int:
        """Return the number of the look after so many segments, counted from 1; 0 stands for the hottest run alone."""
        return 1 if parts_done == 0 else parts_done - self.first_look + 1 + self.begins_hot


def schedule(stage: MDStage) -> Schedule:
    """Return the schedule of an MD stage.

    An adaptive run is judged from the first segment that reaches beyond twice its equilibration; one of fixed
    length when it has that length.

    Examples
    --------
    >>> schedule(MDStage(timestep_fs=2, length_ps=10, segment_ps=2, equilibration_ps=1.5)).first_look
    2
    """
    parts = max(1, math.ceil(round(stage.budget_ps / stage.segment_ps, 9)))
    needed = 2 * stage.equilibration_ps if stage.adaptive else stage.length_ps
    first = max(1, math.ceil(round(needed / stage.segment_ps, 9)))
    frame_every = max(1, round(stage.frame_every_fs / stage.timestep_fs))
    steps = max(1, round(1000 * stage.segment_ps / stage.timestep_fs))
    return Schedule(parts, min(first, parts), steps, frame_every, stage.begins_hot)


def typical_segments(stage: MDStage) -> float:
    """Return the segments up to the first look at every temperature, and half of what one of them may go on."""
    plan = schedule(stage)
    return plan.first_look * len(stage.temperatures_K) + (plan.parts - plan.first_look) / 2


def parts_of(look: StageSpec, stage: MDStage) -> dict[float, int]:
    """Return how many segments of the run at each temperature a look is about."""
    parts = look.parts or (look.part,) * len(stage.temperatures_K)
    return dict(zip(stage.temperatures_K, parts, strict=True))
