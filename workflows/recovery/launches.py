"""Launches whose process is gone: found, and their work given back or given up."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workflows.launchpad.heartbeat import NOTE, SEEN, owner_of, submitter_of
from workflows.launchpad.queries import fireworks_of
from workflows.process.owner import Owner
from workflows.process.slurm import Queue, ask_queue
from workflows.recovery.report import Recovery
from workflows.spec import StageSpec
from workflows.store.entry import Failure
from workflows.store.results import CampaignResults

if TYPE_CHECKING:
    from fireworks import LaunchPad

#: A run that never pinged: one of FireWorks' own commands, before its Firetask began.
LOST_AFTER_S = 900.0
#: A run that pings once a minute, or a queue job that is not there any more.
SILENT_AFTER_S = 180.0
#: Losses together with a node or a queue job are not the work's fault; work that ends its job every time ends here.
_MAX_LOST_JOBS = 20


@dataclass(frozen=True)
class LostCheck:
    """What is needed to tell a lost run from a living one.

    Attributes
    ----------
    queue
        What SLURM says; None where it cannot be asked.
    now
        Time of the database server, for the clocks of nodes differ.
    up_s
        How long the server has been up: nobody could ping it before.
    lost_after_s, silent_after_s
        Limits of :data:`LOST_AFTER_S` and :data:`SILENT_AFTER_S`.
    """

    queue: Queue | None
    now: dt.datetime
    up_s: float
    lost_after_s: float = LOST_AFTER_S
    silent_after_s: float = SILENT_AFTER_S

    @classmethod
    def of(
        cls,
        launchpad: "LaunchPad",
        *,
        queue: bool,
        lost_after_s: float = LOST_AFTER_S,
        silent_after_s: float = SILENT_AFTER_S,
    ) -> "LostCheck":
        """Ask the database server for its clock, and SLURM for its jobs if `queue` says so."""
        now, up_s = server_clock(launchpad)
        return cls(ask_queue() if queue else None, now, up_s, lost_after_s, silent_after_s)

    def lost(self, launch: dict[str, Any]) -> bool:
        """Whether a launch's process has ended: seen on this machine, told by SLURM, or by missing pings."""
        running = launch["state"] == "RUNNING"
        owner = owner_of(launch)
        gone = owner.gone() if running and owner is not None else None
        if gone is not None:
            return gone
        seen = (launch.get(NOTE) or {}).get(SEEN)
        if running and seen is not None:
            return self._silent_s(seen) > self.silent_after_s
        job = job_of(launch)
        silent_s = self._silent_s(last_sign(launch))
        if job is not None and (self.queue is not None or not running):
            # A reservation whose job cannot be asked for may wait in the queue for weeks.
            ended = self.queue is not None and self.queue.ended(job, submitter_of(launch))
            return bool(ended) and silent_s > self.silent_after_s
        return silent_s > self.lost_after_s

    def _silent_s(self, moment: object) -> float:
        return min(age_s(moment, self.now), self.up_s)


def server_clock(launchpad: "LaunchPad") -> tuple[dt.datetime, float]:
    """Return the database server's time, and how long it has been up; for ever where it may not be asked that."""
    from pymongo.errors import OperationFailure

    now = _aware(launchpad.db.command("hello")["localTime"])
    try:
        up_s = float(launchpad.db.client.admin.command("serverStatus", metrics=0, locks=0, wiredTiger=0)["uptime"])
    except OperationFailure:
        up_s = float("inf")
    return now, up_s


def active_launches(launchpad: "LaunchPad", results: CampaignResults) -> list[dict[str, Any]]:
    """Return launches that count as running or reserved for a queue job, with the spec of their Firework."""
    query = fireworks_of(results.entry, "RUNNING", "RESERVED")
    active = {row["fw_id"]: row for row in launchpad.fireworks.find(query, {"fw_id": 1, "spec": 1, "state": 1})}
    rows = launchpad.launches.find({"fw_id": {"$in": list(active)}, "state": {"$in": ["RUNNING", "RESERVED"]}})
    return [row | {"firework": active[row["fw_id"]]} for row in rows]


def stands(launchpad: "LaunchPad", launch: dict[str, Any]) -> bool:
    """Whether a launch is still what it was when it was read: its process may have finished, and only then ended."""
    query = {"launch_id": launch["launch_id"], "state": launch["state"]}
    return launchpad.launches.find_one(query, {"_id": 1}) is not None


def job_of(launch: dict[str, Any]) -> int | None:
    """Return the number of the queue job that a launch runs in or, until it runs, was reserved for."""
    owner = owner_of(launch) if launch["state"] == "RUNNING" else None
    return _reserved_job(launch) if owner is None or owner.job is None else owner.job


def _reserved_job(launch: dict[str, Any]) -> int | None:
    """Return the number of the queue job that a launch was reserved for by `qlaunch -r`."""
    for event in reversed(launch.get("state_history") or []):
        job = str(event.get("reservation_id", ""))
        if job.isdigit():
            return int(job)
    return None


def last_sign(launch: dict[str, Any]) -> object:
    """Return when a launch was last heard of, as FireWorks stores it."""
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
    if count and _lost_too_often(results, spec, launch, found):
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


def _lost_too_often(results: CampaignResults, spec: StageSpec, launch: dict[str, Any], found: Recovery) -> bool:
    owner = owner_of(launch)
    if owner is not None and owner.here:
        return too_often(results, spec, found, "its process died {times} times while it ran")
    reason = "its node or queue job was lost {times} times while it ran"
    return too_often(results, spec, found, reason, counted=f"{spec.key} with its job", limit=_MAX_LOST_JOBS)


def too_often(
    results: CampaignResults,
    spec: StageSpec,
    found: Recovery,
    reason: str,
    *,
    counted: str | None = None,
    limit: int | None = None,
) -> bool:
    """Count a loss; whether the work is given up, with this reason, because it was lost too often.

    Parameters
    ----------
    results, spec, found
        The campaign, the work, and where it is reported.
    reason
        Text with a place for the number of `times`.
    counted
        What the loss is counted under; the work's key when left out.
    limit
        Losses that are forgiven; the campaign's `execution.max_reruns` when left out.
    """
    times = results.count_loss(counted or spec.key)
    if times <= (results.entry.campaign.execution.max_reruns if limit is None else limit):
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


def close_launches(launchpad: "LaunchPad", results: CampaignResults, check: LostCheck) -> None:
    """Close launches of dead processes that were written before their Firework came to know of them."""
    running = list(launchpad.launches.find({"state": "RUNNING"}))
    query = fireworks_of(results.entry) | {"fw_id": {"$in": [launch["fw_id"] for launch in running]}}
    known = {row["fw_id"]: row["launches"] for row in launchpad.fireworks.find(query, {"fw_id": 1, "launches": 1})}
    for launch in running:
        if launch["launch_id"] not in known.get(launch["fw_id"], [launch["launch_id"]]) and check.lost(launch):
            launchpad.launches.update_one(
                {"launch_id": launch["launch_id"], "state": "RUNNING"}, {"$set": {"state": "FIZZLED"}}
            )


def age_s(moment: object, now: dt.datetime | None = None) -> float:
    """Return the age of a time as FireWorks stores it: a date, or text in UTC; unknown counts as old.

    Parameters
    ----------
    moment
        The time.
    now
        Time that it is compared with; this machine's when left out.
    """
    if isinstance(moment, str):
        try:
            moment = dt.datetime.fromisoformat(moment)
        except ValueError:
            return float("inf")
    if not isinstance(moment, dt.datetime):
        return float("inf")
    return ((now or dt.datetime.now(dt.UTC)) - _aware(moment)).total_seconds()


def _aware(moment: dt.datetime) -> dt.datetime:
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment
