"""The jobs of a campaign: what runs or is reserved, where, since when, and why it waits."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ewald.numbers import duration
from workflows.launchpad.heartbeat import NOTE, SEEN, owner_of
from workflows.process.slurm import QueuedJob, listed_jobs
from workflows.recovery.launches import SILENT_AFTER_S, active_launches, age_s, job_of, last_sign, server_clock
from workflows.spec import StageSpec
from workflows.store.results import CampaignResults

if TYPE_CHECKING:
    from fireworks import LaunchPad


JOB_COLUMNS = ("job", "host", "work", "for", "last ping")


@dataclass(frozen=True)
class JobStatus:
    """A Firework that runs or is reserved for a job of the queue.

    Attributes
    ----------
    key, stage, subject
        What is done.
    state
        RUNNING or RESERVED, as FireWorks has it.
    job
        Number of the queue's job; None for a process outside any.
    host
        Machine that it runs on.
    since_s
        How long it has been in this state.
    ping_s
        Time since it pinged last; None for one that does not run or never did.
    queue_state
        State of the job in SLURM (PENDING, RUNNING), "not listed" where it is not in the queue any more or hidden; None
        where SLURM cannot be asked.
    reason
        Why the job waits, in SLURM's word.
    """

    key: str
    stage: str
    subject: str
    state: str
    job: int | None
    host: str | None
    since_s: float
    ping_s: float | None
    queue_state: str | None
    reason: str | None

    @property
    def cells(self) -> tuple[str, ...]:
        """What a table shows under :data:`JOB_COLUMNS`."""
        ping = "" if self.ping_s is None else duration(self.ping_s)
        return str(self.job or ""), self.host or "", self.key, duration(self.since_s), ping

    @property
    def quiet_s(self) -> float:
        """Time since anything was heard of it."""
        return self.since_s if self.ping_s is None else self.ping_s

    @property
    def silent(self) -> bool:
        """Whether it counts as running and has not pinged for so long that a recovery would take it for lost."""
        return self.state == "RUNNING" and self.quiet_s > SILENT_AFTER_S

    @property
    def words(self) -> str:
        """Say how it is."""
        if self.silent:
            return f"silent for {duration(self.quiet_s)}; ionsieve recover"
        if self.state == "RUNNING":
            return "runs"
        if self.queue_state is None:
            return "reserved"
        waits = f" ({self.reason})" if self.reason else ""
        return f"reserved, its job is {self.queue_state.lower()}{waits}"


def campaign_jobs(launchpad: "LaunchPad", results: CampaignResults) -> tuple[JobStatus, ...]:
    """Return the jobs of a campaign, those that run first; SLURM is asked only when one is in its queue."""
    launches = active_launches(launchpad, results)
    if not launches:
        return ()
    now, _ = server_clock(launchpad)
    numbers = {launch["launch_id"]: job_of(launch) for launch in launches}
    listed = listed_jobs() if any(number is not None for number in numbers.values()) else None

    def status(launch: dict[str, Any]) -> JobStatus:
        spec = StageSpec.from_fw_spec(launch["firework"]["spec"])
        running, owner = launch["state"] == "RUNNING", owner_of(launch)
        seen, job = (launch.get(NOTE) or {}).get(SEEN), numbers[launch["launch_id"]]
        found = None if job is None or listed is None else listed.get(job, QueuedJob("not listed", "", ""))
        host = (owner.host if owner else launch.get("host")) if running else None
        return JobStatus(
            key=spec.key,
            stage=spec.stage,
            subject=spec.subject,
            state=launch["state"],
            job=job,
            host=host or (found.nodes if found else None) or None,
            since_s=_since_s(launch, now),
            ping_s=max(0.0, age_s(seen, now)) if running and seen is not None else None,
            queue_state=found.state if found else None,
            reason=(found.reason if found else "") or None,
        )

    jobs = (status(launch) for launch in launches)
    return tuple(sorted(jobs, key=lambda job: (job.state != "RUNNING", job.job or 0, job.key)))


def _since_s(launch: dict[str, Any], now: Any) -> float:
    """Return how long a launch has been in its state; its last sign where that is not noted."""
    entered = next(
        (event.get("created_on") for event in launch.get("state_history") or [] if event["state"] == launch["state"]),
        None,
    )
    return max(0.0, age_s(entered or last_sign(launch), now))
