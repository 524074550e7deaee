"""Recovery: what a kill left behind is found and fixed; safe to repeat, and safe while workers run.

A process may be killed between any two writes to the database. Each rule below names one state that such a kill
leaves and completes or undoes it. Work whose process is gone is done again, up to `execution.max_reruns` times; a
stage finds its own results and checkpoints, so nothing is computed twice.
"""

from typing import TYPE_CHECKING

from workflows.launchpad.queries import fireworks_of
from workflows.offline.journal import collect_results
from workflows.recovery.hull_barrier import release_hulls
from workflows.recovery.launches import (
    LOST_AFTER_S,
    SILENT_AFTER_S,
    LostCheck,
    active_launches,
    cancel,
    close_launches,
    give_back,
    stands,
)
from workflows.recovery.report import Recovery
from workflows.recovery.states import free_locks, redo_unexplained, remove_orphans, repair_states
from workflows.store.results import CampaignResults

if TYPE_CHECKING:
    from fireworks import LaunchPad

_GRACE_S = 15.0


def recover(
    launchpad: "LaunchPad",
    results: CampaignResults,
    *,
    count_losses: bool = True,
    grace_s: float = _GRACE_S,
    lost_after_s: float = LOST_AFTER_S,
    silent_after_s: float = SILENT_AFTER_S,
) -> Recovery:
    """Find and fix what kills left behind.

    Parameters
    ----------
    count_losses
        Whether a lost run counts towards `max_reruns`; not when a person stopped it.
    grace_s
        States younger than this may belong to a live process that is just between two writes.
    lost_after_s
        A run on another machine that never pinged counts as lost after so long.
    silent_after_s
        One that pinged counts as lost when it was silent for so long, whatever the queue says; so does one whose queue
        job has ended.
    """
    found = Recovery()
    free_locks(launchpad, results, found)
    remove_orphans(launchpad, results, found, grace_s)
    found.collected = collect_results(results)
    _complete_offline(launchpad, results)
    launches = active_launches(launchpad, results)
    check = LostCheck.of(launchpad, queue=bool(launches), lost_after_s=lost_after_s, silent_after_s=silent_after_s)
    for launch in launches:
        if not check.lost(launch) or not stands(launchpad, launch):
            continue
        if launch["state"] == "RUNNING":
            give_back(launchpad, results, launch, found, count=count_losses)
        else:
            cancel(launchpad, launch, found)
    repair_states(launchpad, results, found, grace_s)
    redo_unexplained(launchpad, results, found, grace_s)
    close_launches(launchpad, results, check)
    found.released = release_hulls(launchpad, results)
    return found


def _complete_offline(launchpad: "LaunchPad", results: CampaignResults) -> None:
    """Have FireWorks read the files of offline runs that began; those not begun are told by their queue job alone."""
    for run in launchpad.offline_runs.find({"completed": False, "deprecated": False}, {"launch_id": 1, "fw_id": 1}):
        if launchpad.fireworks.find_one(fireworks_of(results.entry) | {"fw_id": run["fw_id"]}, {"_id": 1}) is not None:
            launchpad.recover_offline(run["launch_id"], ignore_errors=True)
