"""Work on a campaign with local workers until nothing is left: start, watch, replace, fix, stop."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ewald.errors import UserError
from workflows.loop.choose import advance
from workflows.operations.status import CampaignStatus, campaign_status, count_completed
from workflows.recovery.launches import release_own
from workflows.recovery.recover import recover
from workflows.recovery.states import work_is_left
from workflows.store.results import CampaignResults
from workflows.workers.local_workers import LocalWorkers

if TYPE_CHECKING:
    from fireworks import LaunchPad

WATCH_S = 0.5
_RECOVER_EVERY_S = 8.0
_RECOVER_GRACE_S = 5.0
_MAX_DEATHS_IN_A_ROW = 12

Show = Callable[[CampaignStatus], None]


@dataclass
class LocalRun:
    """A run of a campaign on this machine.

    Attributes
    ----------
    show
        Called with the campaign's status about once a second.
    """

    launchpad: "LaunchPad"
    results: CampaignResults
    team: LocalWorkers
    show: Show = lambda _: None
    show_every_s: float = 1.0
    _deaths: int = field(default=0, init=False)
    _done_at_death: int = field(default=0, init=False)
    _shown_at: float = field(default=0.0, init=False)
    _recover_at: float = field(default=0.0, init=False)

    def until_done(self) -> CampaignStatus:
        """Work until no Firework of the campaign can be run any more; returns the last status.

        Raises
        ------
        UserError
            When the disk is full, or workers keep dying without getting anything done.
        """
        # Whatever runs without a process was stopped by a person, or fell with the machine: not the work's fault.
        recover(self.launchpad, self.results, count_losses=False, grace_s=2.0)
        try:
            self.team.start()
            while not self._step_or_wait():
                time.sleep(WATCH_S)
        finally:
            self._stop()
        status = campaign_status(self.launchpad, self.results)
        self.show(status)
        return status

    def _step_or_wait(self) -> bool:
        from pymongo.errors import AutoReconnect

        try:
            return self._step()
        except AutoReconnect:
            # The database died in the middle of a question; it is being started again.
            return False

    def _step(self) -> bool:
        finished, died = self.team.reap()
        if died:
            self._replace(len(died))
        elif time.monotonic() > self._recover_at:
            self._recover_now_and_then()
        if not self.team.workers:
            # Before believing that nothing is left, look for what a kill may have left half-written.
            fixed = recover(self.launchpad, self.results, grace_s=2.0).fixed
            begun = advance(self.results, self.launchpad)
            if fixed == begun == 0 and not work_is_left(self.launchpad, self.results):
                return True
            self.team.start()
        elif finished and not died:
            self._deaths = 0
        self._show()
        return False

    def _replace(self, died: int) -> None:
        recover(self.launchpad, self.results, grace_s=2.0)
        done = count_completed(self.launchpad, self.results)
        # In a row means that nothing was finished in between.
        self._deaths = died + (self._deaths if done == self._done_at_death else 0)
        self._done_at_death = done
        if self._deaths > _MAX_DEATHS_IN_A_ROW:
            raise UserError(
                "workers keep dying", file=self.team.logs, fix="their logs say why; the same command resumes from here"
            )
        self.team.start()

    def _recover_now_and_then(self) -> None:
        """Fix now and then what kills left, for workers wait for work that nobody holds any more."""
        begun = time.monotonic()
        recover(self.launchpad, self.results, grace_s=_RECOVER_GRACE_S)
        # In a large campaign this takes longer, and is done more rarely.
        self._recover_at = time.monotonic() + max(_RECOVER_EVERY_S, 20 * (time.monotonic() - begun))

    def _show(self) -> None:
        if time.monotonic() - self._shown_at < self.show_every_s:
            return
        status = campaign_status(self.launchpad, self.results)
        self._shown_at = time.monotonic()
        self.show(status)
        full = next((failure for failure in status.failures if failure.kind == "disk-full"), None)
        if full is not None:
            self.results.clear_failure(full.key)
            raise UserError(
                f"the disk is full ({full.key}: {full.reason})",
                file=self.results.entry.folder,
                fix="free disk space, then give the same command",
            )

    def _stop(self) -> None:
        stopped = self.team.stop()
        for worker in stopped:
            release_own(self.launchpad, self.results, worker.owner)
