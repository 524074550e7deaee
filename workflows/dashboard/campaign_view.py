"""What the campaign's page shows, read from the database at most every few seconds."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from screening.record.record import CampaignRecord
from screening.report.html.markup import Markup
from workflows.launchpad.queries import workflows_of
from workflows.loop.situation import Situation, situation
from workflows.operations.record_builder import build_record
from workflows.operations.status import CampaignStatus, campaign_status
from workflows.store.results import CampaignResults

if TYPE_CHECKING:
    from fireworks import LaunchPad

FRESH_S = 4.0
"""Age up to which a reading is shown again; several open pages then cost the database no more than one."""
_SHARE_OF_A_CORE = 0.02
"""What an open page may cost: the reading of a large campaign is shown for longer."""


@dataclass(frozen=True)
class WorkflowLine:
    """One FireWorks workflow of the campaign.

    Attributes
    ----------
    wf_id
        Number of the workflow in FireWorks.
    name
        Its name in FireWorks.
    composition
        The composition it is about; empty for the reference phases.
    state
        State of the workflow, as FireWorks names it.
    fireworks, failed
        Number of its Fireworks, and of those that failed.
    """

    wf_id: int
    name: str
    composition: str
    state: str
    fireworks: int
    failed: int


@dataclass(frozen=True)
class Reading:
    """Everything the page shows, read at one moment.

    Attributes
    ----------
    record
        The campaign so far.
    status
        Counts by stage, jobs, failures and the time left.
    workflows
        One line for each workflow.
    taken
        When it was read, in seconds of the monotonic clock.
    choice
        What a campaign that chooses its next compositions is about to do; None for the others.
    """

    record: CampaignRecord
    status: CampaignStatus
    workflows: tuple[WorkflowLine, ...]
    taken: float
    choice: Situation | None = None


class CampaignView:
    """Reads a campaign for the page.

    Parameters
    ----------
    launchpad
        FireWorks' database.
    results
        The campaign's results in it.
    """

    def __init__(self, launchpad: "LaunchPad", results: CampaignResults) -> None:
        self._launchpad = launchpad
        self._results = results
        self._lock = threading.Lock()
        self._reading: Reading | None = None
        self._drawn: tuple[float, Markup] | None = None
        self._cost_s = 0.0

    @property
    def name(self) -> str:
        """The campaign's name."""
        return self._results.entry.name

    def read(self) -> Reading:
        """Return a reading that is no older than :data:`FRESH_S`, or fifty times what it cost."""
        with self._lock:
            return self._read()

    def record(self, composition: str = "") -> CampaignRecord:
        """Return the whole record now, or what concerns one composition."""
        return build_record(self._results, campaign_hull=False, composition=composition)

    def draw(self, draw: Callable[[Reading], Markup]) -> Markup:
        """Return what `draw` makes of the reading, made once for each."""
        with self._lock:
            reading = self._read()
            if self._drawn is None or self._drawn[0] != reading.taken:
                begun = time.process_time()
                self._drawn = (reading.taken, draw(reading))
                self._cost_s += time.process_time() - begun
            return self._drawn[1]

    def _read(self) -> Reading:
        fresh_s = max(FRESH_S, self._cost_s / _SHARE_OF_A_CORE)
        if self._reading is None or time.monotonic() - self._reading.taken > fresh_s:
            begun = time.process_time()
            self._reading = Reading(
                build_record(self._results, campaign_hull=False, brief=True),
                campaign_status(self._launchpad, self._results, jobs=True),
                self._workflows(),
                time.monotonic(),
                situation(self._results) if self._results.entry.campaign.strategy.chooses else None,
            )
            self._cost_s = time.process_time() - begun
        return self._reading

    def _workflows(self) -> tuple[WorkflowLine, ...]:
        rows = self._launchpad.workflows.find(
            workflows_of(self._results.entry),
            {"nodes": 1, "name": 1, "state": 1, "metadata.composition": 1, "fw_states": 1},
        )
        lines = [
            WorkflowLine(
                min(row["nodes"]),
                row["name"],
                row["metadata"].get("composition", ""),
                row["state"],
                len(row["nodes"]),
                sum(state == "FIZZLED" for state in row.get("fw_states", {}).values()),
            )
            for row in rows
        ]
        return tuple(sorted(lines, key=lambda line: line.wf_id))
