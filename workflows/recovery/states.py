"""States, locks and documents that a kill left half-written: completed or undone."""

import itertools
from typing import TYPE_CHECKING, Any

from workflows.launchpad.lock import lock_is_stale
from workflows.launchpad.queries import ACTIVE, fireworks_of, locked_workflows_of, unfinished_workflows_of, workflows_of
from workflows.recovery.hull_barrier import references_done
from workflows.recovery.launches import age_s, done_again, too_often
from workflows.recovery.report import Recovery
from workflows.spec import StageSpec
from workflows.store.results import CampaignResults
from workflows.store.store import Store

if TYPE_CHECKING:
    from fireworks import LaunchPad

_FOREIGN_LOCK_S = 600.0


def free_locks(launchpad: "LaunchPad", results: CampaignResults, found: Recovery) -> None:
    """Free the locks of processes that have ended, and old ones that say nothing about their owner."""
    for workflow in launchpad.workflows.find(
        locked_workflows_of(results.entry.name), {"locked": 1, "updated_on": 1, "name": 1}
    ):
        held = workflow["locked"]
        foreign = not isinstance(held, dict) and age_s(workflow.get("updated_on")) > _FOREIGN_LOCK_S
        if not (foreign or lock_is_stale(held)):
            continue
        done = launchpad.workflows.update_one({"_id": workflow["_id"], "locked": held}, {"$unset": {"locked": True}})
        if done.modified_count:
            found.locks.append(workflow["name"])


def remove_orphans(launchpad: "LaunchPad", results: CampaignResults, found: Recovery, grace_s: float) -> None:
    """Remove Fireworks that were inserted for a workflow that never came to know of them."""
    rows = launchpad.workflows.find(workflows_of(results.entry), {"nodes": 1})
    known = {node for workflow in rows for node in workflow["nodes"]}
    for row in launchpad.fireworks.find(
        fireworks_of(results.entry), {"fw_id": 1, "created_on": 1, "spec.key": 1, "state": 1}
    ):
        if row["fw_id"] in known or age_s(row.get("created_on")) < grace_s:
            continue
        if launchpad.workflows.find_one({"nodes": row["fw_id"]}, {"_id": 1}) is None:
            launchpad.fireworks.delete_one({"fw_id": row["fw_id"]})
            launchpad.launches.delete_many({"fw_id": row["fw_id"]})
            found.orphans.append(row["spec"]["key"])


def repair_states(launchpad: "LaunchPad", results: CampaignResults, found: Recovery, grace_s: float) -> None:
    """Complete state changes that a kill cut off between the documents they concern."""
    fields = {"nodes": 1, "parent_links": 1, "fw_states": 1, "locked": 1}
    # A workflow is written as completed before the last of its Fireworks is.
    running = [row["fw_id"] for row in launchpad.fireworks.find(fireworks_of(results.entry, "RUNNING"), {"fw_id": 1})]
    ended = workflows_of(results.entry) | {"state": "COMPLETED", "nodes": {"$in": running}}
    suspects = itertools.chain(
        launchpad.workflows.find(unfinished_workflows_of(results.entry), fields),
        launchpad.workflows.find(ended, fields) if running else (),
    )
    for workflow in suspects:
        rows = launchpad.fireworks.find({"fw_id": {"$in": workflow["nodes"]}})
        fireworks = {row["fw_id"]: row for row in rows}
        for fw_id in sorted(fireworks):
            if _repair_one(launchpad, workflow, fireworks, fw_id, grace_s):
                found.stuck.append(fireworks[fw_id]["spec"]["key"])


def _repair_one(
    launchpad: "LaunchPad",
    workflow: dict[str, Any],
    fireworks: dict[int, dict[str, Any]],
    fw_id: int,
    grace_s: float,
) -> bool:
    row = fireworks[fw_id]
    state, noted = row["state"], workflow["fw_states"].get(str(fw_id))
    if workflow.get("locked") is not None or age_s(row.get("updated_on")) < grace_s:
        return False
    if state == "RESERVED" and _launch_states(launchpad, row).isdisjoint({"RESERVED", "RUNNING"}):
        # Killed after it was picked and before its launch was written.
        return done_again(launchpad, fw_id)
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


def _still_unknown(launchpad: "LaunchPad", fw_id: int) -> bool:
    """Whether a workflow that nobody changes does not know a Firework as completed, now that the Firework was read."""
    query = {"nodes": fw_id, "locked": {"$exists": False}, f"fw_states.{fw_id}": {"$ne": "COMPLETED"}}
    return launchpad.workflows.find_one(query, {"_id": 1}) is not None


def _launch_states(launchpad: "LaunchPad", row: dict[str, Any]) -> set[str]:
    rows = launchpad.launches.find(
        {"fw_id": row["fw_id"], "launch_id": {"$in": row.get("launches") or []}}, {"state": 1}
    )
    return {launch["state"] for launch in rows}


def _parents_done(workflow: dict[str, Any], fireworks: dict[int, dict[str, Any]], fw_id: int) -> bool:
    accepted = {"COMPLETED", "FIZZLED"} if fireworks[fw_id]["spec"].get("_allow_fizzled_parents") else {"COMPLETED"}
    parents = workflow["parent_links"].get(str(fw_id), [])
    return all(parent in fireworks and fireworks[parent]["state"] in accepted for parent in parents)


def unexplained(launchpad: "LaunchPad", results: CampaignResults, older_than_s: float = 0.0) -> dict[int, StageSpec]:
    """Return the Fireworks that failed outside their stage, which notes every failure of its own."""
    noted = {failure.key for failure in results.failures()}
    fields = {"fw_id": 1, "spec": 1, "updated_on": 1}
    rows = launchpad.fireworks.find(fireworks_of(results.entry, "FIZZLED"), fields)
    old = [row for row in rows if age_s(row.get("updated_on")) >= older_than_s]
    specs = {row["fw_id"]: StageSpec.from_fw_spec(row["spec"]) for row in old}
    return {fw_id: spec for fw_id, spec in specs.items() if spec.key not in noted}


def redo_unexplained(launchpad: "LaunchPad", results: CampaignResults, found: Recovery, grace_s: float) -> None:
    """Have done again what failed outside its stage: the database failed it."""
    reason = "it failed {times} times before its stage began; the logs of its workers say why"
    for fw_id, spec in unexplained(launchpad, results, grace_s).items():
        if not too_often(results, spec, found, reason) and done_again(launchpad, fw_id):
            found.lost.append(spec.key)


def work_is_left(launchpad: "LaunchPad", results: CampaignResults) -> bool:
    """Whether anything can run now, or could as soon as somebody's half-written change of states is complete.

    Somebody else may release or fix work at this moment; that nothing was left to fix does not mean that nothing is
    left to do. Of a revision that is stopped nothing is left to do here.
    """
    if Store(launchpad.db).is_closed(results.entry):
        return False
    if launchpad.fireworks.find_one(fireworks_of(results.entry, *ACTIVE), {"_id": 1}) is not None:
        return True
    held = fireworks_of(results.entry, "PAUSED", stage="hull")
    if references_done(results) and launchpad.fireworks.find_one(held, {"_id": 1}) is not None:
        return True
    for workflow in launchpad.workflows.find(unfinished_workflows_of(results.entry)):
        fireworks = {row["fw_id"]: row for row in launchpad.fireworks.find({"fw_id": {"$in": workflow["nodes"]}})}
        waiting = [fw_id for fw_id, row in fireworks.items() if row["state"] == "WAITING"]
        if any(_parents_done(workflow, fireworks, fw_id) for fw_id in waiting):
            return True
    return False
