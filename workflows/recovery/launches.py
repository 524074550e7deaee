"""Launches whose process is gone: found, and their work given back or given up."""

import datetime as dt
from typing import TYPE_CHECKING, Any

from workflows.launchpad.heartbeat import owner_of
from workflows.launchpad.queries import fireworks_of
from workflows.process.owner import Owner
from workflows.recovery.report import Recovery
from workflows.spec import StageSpec
from workflows.store.entry import Failure
from workflows.store.results import CampaignResults

if TYPE_CHECKING:
    from fireworks import LaunchPad

LOST_AFTER_S = 900.0


def active_launches(launchpad: "LaunchPad", results: CampaignResults) -> list[dict[str, Any]]:
    """Return launches that count as running or reserved for a queue job, with the spec of their Firework."""
    query = fireworks_of(results.entry, "RUNNING", "RESERVED")
    active = {row["fw_id"]: row for row in launchpad.fireworks.find(query, {"fw_id": 1, "spec": 1, "state": 1})}
    rows = launchpad.launches.find({"fw_id": {"$in": list(active)}, "state": {"$in": ["RUNNING", "RESERVED"]}})
    return [row | {"firework": active[row["fw_id"]]} for row in rows]


def is_lost(launch: dict[str, Any], alive: frozenset[int] | None, lost_after_s: float) -> bool:
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
    return age_s(_last_sign(launch)) > lost_after_s


def stands(launchpad: "LaunchPad", launch: dict[str, Any]) -> bool:
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


def cancel(launchpad: "LaunchPad", launch: dict[str, Any], found: Recovery) -> None:
    """Give back a Firework that was reserved for a job which ended without running it."""
    launchpad.forget_offline(launch["launch_id"])
    launchpad.cancel_reservation(launch["launch_id"])
    found.cancelled.append(launch["firework"]["spec"]["key"])


def give_back(
    launchpad: "LaunchPad", results: CampaignResults, launch: dict[str, Any], found: Recovery, *, count: bool
) -> None:
    """Let the work of a lost launch be done again, or give it up when it was lost too often.

    One whose workflow stays locked by a living process is left for the next time.
    """
    spec = StageSpec.from_fw_spec(launch["firework"]["spec"])
    if count and too_often(results, spec, found, "its process died {times} times while it ran"):
        launchpad.mark_fizzled(launch["launch_id"])
        return
    launchpad.forget_offline(launch["launch_id"])
    # Not by way of FIZZLED: children that accept failed parents would start in between.
    if not done_again(launchpad, launch["fw_id"]):
        return
    launchpad.launches.update_one(
        {"launch_id": launch["launch_id"], "state": "RUNNING"}, {"$set": {"state": "FIZZLED"}}
    )
    found.lost.append(spec.key)


def too_often(results: CampaignResults, spec: StageSpec, found: Recovery, reason: str) -> bool:
    """Count a loss; whether the work is given up, with this reason, because it was lost too often."""
    times = results.count_loss(spec.key)
    if times <= results.entry.campaign.execution.max_reruns:
        return False
    results.fail(Failure(spec.key, spec.subject, spec.stage, "lost", reason.format(times=times), times))
    found.given_up.append(spec.key)
    return True


def done_again(launchpad: "LaunchPad", fw_id: int) -> bool:
    """Have a Firework done again; False when a living process works on its workflow; the next recovery finds it."""
    from fireworks.core.launchpad import LockedWorkflowError

    try:
        launchpad.rerun_fw(fw_id)
    except LockedWorkflowError:
        return False
    return True


def release_own(launchpad: "LaunchPad", results: CampaignResults, owner: Owner) -> Recovery:
    """Give back what one process was running; for that process itself, or for one known to be dead."""
    found = Recovery()
    for launch in active_launches(launchpad, results):
        if launch["state"] == "RUNNING" and owner_of(launch) == owner:
            give_back(launchpad, results, launch, found, count=False)
    return found


def close_launches(
    launchpad: "LaunchPad", results: CampaignResults, alive: frozenset[int] | None, lost_after_s: float
) -> None:
    """Close launches of dead processes that were written before their Firework came to know of them."""
    running = list(launchpad.launches.find({"state": "RUNNING"}))
    query = fireworks_of(results.entry) | {"fw_id": {"$in": [launch["fw_id"] for launch in running]}}
    known = {row["fw_id"]: row["launches"] for row in launchpad.fireworks.find(query, {"fw_id": 1, "launches": 1})}
    for launch in running:
        if launch["launch_id"] not in known.get(launch["fw_id"], [launch["launch_id"]]) and is_lost(
            launch, alive, lost_after_s
        ):
            launchpad.launches.update_one(
                {"launch_id": launch["launch_id"], "state": "RUNNING"}, {"$set": {"state": "FIZZLED"}}
            )


def age_s(moment: object) -> float:
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
