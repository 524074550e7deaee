"""Recovery: what a kill left behind is found and mended; safe to repeat, and safe while workers run.

A process may be killed between any two writes to the database. Each rule below names one state that such a kill
leaves and completes or undoes it. Work whose process is gone is done again, up to `execution.max_reruns` times; a
stage finds its own results and checkpoints, so nothing is computed twice.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workflows.heartbeat import owner_of
from workflows.hull_gate import references_done, release_hulls
from workflows.offline.journal import bring_home
from workflows.owner import Owner
from workflows.slurm import living_jobs
from workflows.spec import StageSpec
from workflows.store import CampaignResults, Failure

if TYPE_CHECKING:
    from fireworks import LaunchPad

GRACE_S = 15.0
LOST_AFTER_S = 900.0
FOREIGN_LOCK_S = 600.0
DONE = ("COMPLETED",)


@dataclass
class Recovery:
    """What was found and mended, by kind: keys of the work concerned."""

    locks: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    brought_home: int = 0
    released: int = 0

    @property
    def mended(self) -> int:
        """How many things were mended."""
        lists = (self.locks, self.orphans, self.lost, self.stuck, self.cancelled)
        return sum(map(len, lists)) + self.brought_home + self.released

    def lines(self) -> Iterator[str]:
        """Say what was done, one line for each kind."""
        if self.locks:
            yield f"freed {len(self.locks)} locks of processes that are gone"
        if self.orphans:
            yield f"removed {len(self.orphans)} half-added Fireworks"
        if self.brought_home:
            yield f"brought {self.brought_home} offline runs home"
        if self.cancelled:
            yield (
                f"{len(self.cancelled)} reservations of jobs that are gone were given back: "
                f"{', '.join(self.cancelled[:5])}"
            )
        if self.lost:
            yield f"{len(self.lost)} runs were lost and will be done again: {', '.join(self.lost[:5])}"
        if self.given_up:
            yield f"{len(self.given_up)} runs were lost too often and are given up: {', '.join(self.given_up[:5])}"
        if self.stuck:
            yield f"brought {len(self.stuck)} half-written states up to date"
        if self.released:
            yield f"released {self.released} hulls"


def recover(
    launchpad: "LaunchPad",
    results: CampaignResults,
    *,
    count_losses: bool = True,
    grace_s: float = GRACE_S,
    lost_after_s: float = LOST_AFTER_S,
) -> Recovery:
    """Find and mend what kills left behind.

    Parameters
    ----------
    count_losses
        Whether a lost run counts towards `max_reruns`; not when a person stopped it.
    grace_s
        States younger than this may belong to a live process that is just between two writes.
    lost_after_s
        A run on another machine counts as lost when it did not ping for so long.
    """
    found = Recovery()
    _free_locks(launchpad, results, found)
    _remove_orphans(launchpad, results, found, grace_s)
    found.brought_home = bring_home(results)
    _complete_offline(launchpad, results)
    launches = _active_launches(launchpad, results)
    alive = living_jobs() if launches else None
    for launch in launches:
        if not _is_lost(launch, alive, lost_after_s) or not _stands(launchpad, launch):
            continue
        if launch["state"] == "RUNNING":
            _give_back(launchpad, results, launch, found, count=count_losses)
        else:
            _cancel(launchpad, launch, found)
    _mend_states(launchpad, results, found, grace_s)
    _redo_unexplained(launchpad, results, found, grace_s)
    _close_launches(launchpad, results, alive, lost_after_s)
    found.released = release_hulls(launchpad, results)
    return found


def release_own(launchpad: "LaunchPad", results: CampaignResults, owner: Owner) -> Recovery:
    """Give back what one process was running; for that process itself, or for one known to be dead."""
    found = Recovery()
    for launch in _active_launches(launchpad, results):
        if launch["state"] == "RUNNING" and owner_of(launch) == owner:
            _give_back(launchpad, results, launch, found, count=False)
    return found


def _scope(results: CampaignResults) -> dict[str, str]:
    return {"spec.campaign": results.entry.name, "spec.revision": results.entry.revision}


def _free_locks(launchpad: "LaunchPad", results: CampaignResults, found: Recovery) -> None:
    from workflows.guard import lock_is_stale

    query = {"metadata.campaign": results.entry.name, "locked": {"$exists": True}}
    for workflow in launchpad.workflows.find(query, {"locked": 1, "updated_on": 1, "name": 1}):
        held = workflow["locked"]
        foreign = not isinstance(held, dict) and _age_s(workflow.get("updated_on")) > FOREIGN_LOCK_S
        if not (foreign or lock_is_stale(held)):
            continue
        done = launchpad.workflows.update_one({"_id": workflow["_id"], "locked": held}, {"$unset": {"locked": True}})
        if done.modified_count:
            found.locks.append(workflow["name"])


def _remove_orphans(launchpad: "LaunchPad", results: CampaignResults, found: Recovery, grace_s: float) -> None:
    """Remove Fireworks that were inserted for a workflow that never came to know of them."""
    query = {"metadata.campaign": results.entry.name, "metadata.revision": results.entry.revision}
    known = {node for workflow in launchpad.workflows.find(query, {"nodes": 1}) for node in workflow["nodes"]}
    for row in launchpad.fireworks.find(_scope(results), {"fw_id": 1, "created_on": 1, "spec.key": 1, "state": 1}):
        if row["fw_id"] in known or _age_s(row.get("created_on")) < grace_s:
            continue
        if launchpad.workflows.find_one({"nodes": row["fw_id"]}, {"_id": 1}) is None:
            launchpad.fireworks.delete_one({"fw_id": row["fw_id"]})
            launchpad.launches.delete_many({"fw_id": row["fw_id"]})
            found.orphans.append(row["spec"]["key"])


def _complete_offline(launchpad: "LaunchPad", results: CampaignResults) -> None:
    """Have FireWorks read the files of offline runs that began; those not begun are told by their queue job alone."""
    for run in launchpad.offline_runs.find({"completed": False, "deprecated": False}, {"launch_id": 1, "fw_id": 1}):
        if launchpad.fireworks.find_one(_scope(results) | {"fw_id": run["fw_id"]}, {"_id": 1}) is not None:
            launchpad.recover_offline(run["launch_id"], ignore_errors=True)


def _active_launches(launchpad: "LaunchPad", results: CampaignResults) -> list[dict[str, Any]]:
    """Return launches that count as running or reserved for a queue job, with the spec of their Firework."""
    query = _scope(results) | {"state": {"$in": ["RUNNING", "RESERVED"]}}
    active = {row["fw_id"]: row for row in launchpad.fireworks.find(query, {"fw_id": 1, "spec": 1, "state": 1})}
    rows = launchpad.launches.find({"fw_id": {"$in": list(active)}, "state": {"$in": ["RUNNING", "RESERVED"]}})
    return [row | {"firework": active[row["fw_id"]]} for row in rows]


def _is_lost(launch: dict[str, Any], alive: frozenset[int] | None, lost_after_s: float) -> bool:
    """Whether a launch's process has ended: seen on this machine, told by SLURM, or by a missing ping.

    Parameters
    ----------
    alive
        SLURM's living jobs; None where it cannot be asked.
    """
    running = launch["state"] == "RUNNING"
    owner = owner_of(launch)
    gone = owner.gone() if running and owner is not None else None
    job = _reserved_job(launch) if owner is None or owner.job is None or not running else owner.job
    if gone is None and job is not None and alive is not None:
        gone = job not in alive
    if gone is not None:
        return gone
    # A reservation whose job cannot be asked for may wait in the queue for weeks.
    if not running and job is not None:
        return False
    return _age_s(_last_sign(launch)) > lost_after_s


def _stands(launchpad: "LaunchPad", launch: dict[str, Any]) -> bool:
    """Whether a launch is still what it was when it was read: its process may have finished, and only then ended."""
    query = {"launch_id": launch["launch_id"], "state": launch["state"]}
    return launchpad.launches.find_one(query, {"_id": 1}) is not None


def _reserved_job(launch: dict[str, Any]) -> int | None:
    """Return the number of the queue job that a launch was reserved for by `qlaunch -r`."""
    for event in reversed(launch.get("state_history") or []):
        job = str(event.get("reservation_id", ""))
        if job.isdigit():
            return int(job)
    return None


def _last_sign(launch: dict[str, Any]) -> object:
    last = (launch.get("state_history") or [{}])[-1]
    return last.get("updated_on") or last.get("created_on")


def _cancel(launchpad: "LaunchPad", launch: dict[str, Any], found: Recovery) -> None:
    """Give back a Firework that was reserved for a job which ended without running it."""
    launchpad.forget_offline(launch["launch_id"])
    launchpad.cancel_reservation(launch["launch_id"])
    found.cancelled.append(launch["firework"]["spec"]["key"])


def _give_back(
    launchpad: "LaunchPad", results: CampaignResults, launch: dict[str, Any], found: Recovery, *, count: bool
) -> None:
    """Let the work of a lost launch be done again, or give it up when it was lost too often.

    One whose workflow stays locked by a living process is left for the next time.
    """
    spec = StageSpec.from_fw_spec(launch["firework"]["spec"])
    if count and _too_often(results, spec, found, "its process died {times} times while it ran"):
        launchpad.mark_fizzled(launch["launch_id"])
        return
    launchpad.forget_offline(launch["launch_id"])
    # Not by way of FIZZLED: children that accept failed parents would start in between.
    if not _done_again(launchpad, launch["fw_id"]):
        return
    launchpad.launches.update_one(
        {"launch_id": launch["launch_id"], "state": "RUNNING"}, {"$set": {"state": "FIZZLED"}}
    )
    found.lost.append(spec.key)


def _too_often(results: CampaignResults, spec: StageSpec, found: Recovery, reason: str) -> bool:
    """Count a loss; whether the work is given up, with this reason, because it was lost too often."""
    times = results.count_loss(spec.key)
    if times <= results.entry.campaign.execution.max_reruns:
        return False
    results.fail(Failure(spec.key, spec.subject, spec.stage, "lost", reason.format(times=times), times))
    found.given_up.append(spec.key)
    return True


def _done_again(launchpad: "LaunchPad", fw_id: int) -> bool:
    """Have a Firework done again; False when a living process works on its workflow: the next look finds it as well."""
    from fireworks.core.launchpad import LockedWorkflowError

    try:
        launchpad.rerun_fw(fw_id)
    except LockedWorkflowError:
        return False
    return True


def _mend_states(launchpad: "LaunchPad", results: CampaignResults, found: Recovery, grace_s: float) -> None:
    """Complete state changes that a kill cut off between the documents they concern."""
    query = {"metadata.campaign": results.entry.name, "metadata.revision": results.entry.revision}
    fields = {"nodes": 1, "parent_links": 1, "fw_states": 1, "locked": 1}
    for workflow in launchpad.workflows.find(query | {"state": {"$nin": ["COMPLETED", "ARCHIVED"]}}, fields):
        rows = launchpad.fireworks.find({"fw_id": {"$in": workflow["nodes"]}})
        fireworks = {row["fw_id"]: row for row in rows}
        for fw_id in sorted(fireworks):
            if _mend_one(launchpad, workflow, fireworks, fw_id, grace_s):
                found.stuck.append(fireworks[fw_id]["spec"]["key"])


def _mend_one(
    launchpad: "LaunchPad",
    workflow: dict[str, Any],
    fireworks: dict[int, dict[str, Any]],
    fw_id: int,
    grace_s: float,
) -> bool:
    row = fireworks[fw_id]
    state, noted = row["state"], workflow["fw_states"].get(str(fw_id))
    if workflow.get("locked") is not None or _age_s(row.get("updated_on")) < grace_s:
        return False
    if state == "RESERVED" and _launch_states(launchpad, row).isdisjoint({"RESERVED", "RUNNING"}):
        # Killed after it was picked and before its launch was written.
        return _done_again(launchpad, fw_id)
    if state == "RUNNING" and _launch_states(launchpad, row) <= {"COMPLETED", "FIZZLED", "ARCHIVED"}:
        if noted == "COMPLETED":
            # The workflow already holds what this Firework added; applying its action again would add it twice.
            launchpad.fireworks.update_one({"fw_id": fw_id, "state": "RUNNING"}, {"$set": {"state": "COMPLETED"}})
        else:
            launchpad._refresh_wf(fw_id)
        return True
    if state == "COMPLETED" and noted != "COMPLETED" and _still_unknown(launchpad, fw_id):
        # The workflow's document is written first: a server that was killed forgot it. The launch tells what holds.
        launchpad.fireworks.update_one({"fw_id": fw_id, "state": "COMPLETED"}, {"$set": {"state": "RUNNING"}})
        launchpad._refresh_wf(fw_id)
        return True
    if state == "WAITING" and _parents_done(workflow, fireworks, fw_id):
        launchpad._refresh_wf(fw_id)
        return True
    return False


def unexplained(launchpad: "LaunchPad", results: CampaignResults, older_than_s: float = 0.0) -> dict[int, StageSpec]:
    """Return the Fireworks that failed outside their stage, which notes every failure of its own."""
    noted = {failure.key for failure in results.failures()}
    fields = {"fw_id": 1, "spec": 1, "updated_on": 1}
    rows = launchpad.fireworks.find(_scope(results) | {"state": "FIZZLED"}, fields)
    old = [row for row in rows if _age_s(row.get("updated_on")) >= older_than_s]
    specs = {row["fw_id"]: StageSpec.from_fw_spec(row["spec"]) for row in old}
    return {fw_id: spec for fw_id, spec in specs.items() if spec.key not in noted}


def _redo_unexplained(launchpad: "LaunchPad", results: CampaignResults, found: Recovery, grace_s: float) -> None:
    """Have done again what failed outside its stage: the database failed it."""
    reason = "it failed {times} times before its stage began; the logs of its workers say why"
    for fw_id, spec in unexplained(launchpad, results, grace_s).items():
        if not _too_often(results, spec, found, reason) and _done_again(launchpad, fw_id):
            found.lost.append(spec.key)


def _still_unknown(launchpad: "LaunchPad", fw_id: int) -> bool:
    """Whether a workflow that nobody changes does not know a Firework as completed, now that the Firework was read."""
    query = {"nodes": fw_id, "locked": {"$exists": False}, f"fw_states.{fw_id}": {"$ne": "COMPLETED"}}
    return launchpad.workflows.find_one(query, {"_id": 1}) is not None


def _close_launches(
    launchpad: "LaunchPad", results: CampaignResults, alive: frozenset[int] | None, lost_after_s: float
) -> None:
    """Close launches of dead processes that were written before their Firework came to know of them."""
    running = list(launchpad.launches.find({"state": "RUNNING"}))
    query = _scope(results) | {"fw_id": {"$in": [launch["fw_id"] for launch in running]}}
    known = {row["fw_id"]: row["launches"] for row in launchpad.fireworks.find(query, {"fw_id": 1, "launches": 1})}
    for launch in running:
        if launch["launch_id"] not in known.get(launch["fw_id"], [launch["launch_id"]]) and _is_lost(
            launch, alive, lost_after_s
        ):
            launchpad.launches.update_one(
                {"launch_id": launch["launch_id"], "state": "RUNNING"}, {"$set": {"state": "FIZZLED"}}
            )


def work_is_left(launchpad: "LaunchPad", results: CampaignResults) -> bool:
    """Whether anything can run now, or could as soon as somebody's half-written change of states is complete.

    Somebody else may release or mend work at this moment; that nothing was left to mend does not mean that nothing is
    left to do.
    """
    counted = _scope(results) | {"state": {"$in": ["READY", "RESERVED", "RUNNING"]}}
    if launchpad.fireworks.find_one(counted, {"_id": 1}) is not None:
        return True
    held = _scope(results) | {"state": "PAUSED", "spec.stage": "hull"}
    if references_done(results) and launchpad.fireworks.find_one(held, {"_id": 1}) is not None:
        return True
    query = {"metadata.campaign": results.entry.name, "metadata.revision": results.entry.revision}
    for workflow in launchpad.workflows.find(query | {"state": {"$nin": ["COMPLETED", "ARCHIVED"]}}):
        fireworks = {row["fw_id"]: row for row in launchpad.fireworks.find({"fw_id": {"$in": workflow["nodes"]}})}
        waiting = [fw_id for fw_id, row in fireworks.items() if row["state"] == "WAITING"]
        if any(_parents_done(workflow, fireworks, fw_id) for fw_id in waiting):
            return True
    return False


def _launch_states(launchpad: "LaunchPad", row: dict[str, Any]) -> set[str]:
    rows = launchpad.launches.find(
        {"fw_id": row["fw_id"], "launch_id": {"$in": row.get("launches") or []}}, {"state": 1}
    )
    return {launch["state"] for launch in rows}


def _parents_done(workflow: dict[str, Any], fireworks: dict[int, dict[str, Any]], fw_id: int) -> bool:
    accepted = {"COMPLETED", "FIZZLED"} if fireworks[fw_id]["spec"].get("_allow_fizzled_parents") else {"COMPLETED"}
    parents = workflow["parent_links"].get(str(fw_id), [])
    return all(parent in fireworks and fireworks[parent]["state"] in accepted for parent in parents)


def _age_s(moment: object) -> float:
    """Return the age of a time as FireWorks stores it: a date, or text in UTC; unknown counts as old."""
    if isinstance(moment, str):
        try:
            moment = dt.datetime.fromisoformat(moment)
        except ValueError:
            return float("inf")
    if not isinstance(moment, dt.datetime):
        return float("inf")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return (dt.datetime.now(dt.UTC) - moment).total_seconds()
