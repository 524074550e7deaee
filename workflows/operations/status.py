"""Where a campaign stands: Fireworks and decisions by stage, failures by reason, time spent and left."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from screening.campaign.campaign import Campaign
from screening.decision import Decision, Stage, Verdict
from workflows.launchpad.queries import fireworks_of
from workflows.md.schedule import schedule, typical_segments
from workflows.operations.jobs import JobStatus, campaign_jobs
from workflows.spec import STAGES
from workflows.store.entry import CampaignEntry, Failure
from workflows.store.results import CampaignResults
from workflows.store.store import Store

if TYPE_CHECKING:
    from fireworks import LaunchPad

STATE_GROUPS = {
    "waiting": ("WAITING", "PAUSED", "READY", "RESERVED"),
    "running": ("RUNNING",),
    "done": ("COMPLETED",),
    "failed": ("FIZZLED",),
    "put aside": ("DEFUSED", "ARCHIVED"),
}


@dataclass(frozen=True)
class StageStatus:
    """Counts of one stage.

    Attributes
    ----------
    name
        Name of the stage.
    states
        Fireworks by group: waiting, running, done, failed, put aside.
    queue
        Those of the group `waiting` by FireWorks' own state: WAITING for other work, PAUSED, READY for a worker,
        RESERVED for a job of the queue.
    expected
        How many Fireworks the stage will have in the end, as far as can be told now.
    mean_s
        Mean time of one of them; None before there is one.
    """

    name: str
    states: dict[str, int]
    expected: int
    mean_s: float | None
    queue: dict[str, int] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """Fireworks that have their result."""
        return self.states.get("done", 0)

    @property
    def left(self) -> int:
        """Fireworks that are still to run, or run now; failed ones wait for a person."""
        return max(self.expected - self.done - self.states.get("failed", 0), 0)


@dataclass(frozen=True)
class CampaignStatus:
    """Where a campaign stands.

    Attributes
    ----------
    name, revision
        The campaign.
    stages
        Counts of Fireworks by stage.
    failures
        Work that failed and was not repeated.
    verdicts
        Decisions by stage of the funnel and verdict.
    spent_s
        Time of all work done so far, added over workers.
    left_s
        Estimated time of the work left, added over workers, of stages whose time is known; None before any is.
    core_spent_s, core_left_s
        The same in core seconds, as the engines report them; a stage that reports none counts as one core.
    versions
        Number of results by the version of IonSieve that made them.
    jobs
        What runs or is reserved for a job of the queue; left out where nobody asked for it.
    closed
        Why workers leave the campaign alone: it is stopped, or another release works on it; empty when they do not.
    last_verdict
        The decision on a candidate that was made last, in words; empty before there is one.
    """

    name: str
    revision: str
    stages: tuple[StageStatus, ...]
    verdicts: dict[str, dict[str, int]]
    failures: tuple[Failure, ...]
    spent_s: float
    left_s: float | None
    core_spent_s: float = 0.0
    core_left_s: float | None = None
    versions: dict[str, int] = field(default_factory=dict)
    jobs: tuple[JobStatus, ...] = ()
    closed: str = ""
    last_verdict: str = ""

    @property
    def active(self) -> int:
        """Fireworks that run or could run."""
        return sum(stage.states.get("running", 0) + stage.states.get("waiting", 0) for stage in self.stages)

    @property
    def now(self) -> str:
        """What is going on, in words: "running" only where something runs."""
        if not self.active:
            return "nothing left to do"
        running = sum(stage.states.get("running", 0) for stage in self.stages)
        counts = {state: sum(stage.queue.get(state, 0) for stage in self.stages) for state in STATE_GROUPS["waiting"]}
        parts = [f"{running} running"] if running else []
        for state, count in reversed(counts.items()):
            words = "reserved for queue jobs" if state == "RESERVED" else state.lower()
            parts += [f"{count} {words}"] if count else []
        silent = sum(job.silent for job in self.jobs)
        parts += [f"{silent} silent (ionsieve recover)"] if silent else []
        closed = f"; the campaign {self.closed}" if self.closed else ""
        return ("" if running else "nothing runs: ") + ", ".join(parts) + closed

    @property
    def unfinished(self) -> str:
        """What failed for good or is left, by stage, in words; empty when all work that was asked for is done."""
        left = {
            stage.name: sum(stage.states.get(group, 0) for group in ("failed", "running", "waiting"))
            for stage in self.stages
        }
        given_up = [(f"{len(found)} {kind} in {stage}") for (stage, kind), found in self.failures_by_reason().items()]
        named = {stage for stage, _ in self.failures_by_reason()}
        return ", ".join(
            [*given_up, *(f"{n} of {name} not done" for name, n in left.items() if n and name not in named)]
        )

    @property
    def gave_up(self) -> bool:
        """Whether work failed for good."""
        return bool(self.failures) or any(stage.states.get("failed") for stage in self.stages)

    @property
    def untimed(self) -> tuple[str, ...]:
        """Stages at work of which no time is known yet, so that `left_s` does not hold them."""
        return tuple(
            stage.name
            for stage in self.stages
            if STAGES[stage.name].result and stage.mean_s is None and stage.states.get("running", 0)
        )

    def failures_by_reason(self) -> dict[tuple[str, str], list[Failure]]:
        """Group failures by stage and kind of reason."""
        groups: dict[tuple[str, str], list[Failure]] = {}
        for failure in self.failures:
            groups.setdefault((failure.stage, failure.kind), []).append(failure)
        return groups


def campaign_status(launchpad: "LaunchPad", results: CampaignResults, *, jobs: bool = False) -> CampaignStatus:
    """Ask the database where a campaign stands; a handful of queries, whatever the campaign's size.

    Parameters
    ----------
    launchpad, results
        The database, and the campaign's results in it.
    jobs
        Also list what runs or is reserved, and ask SLURM about its jobs.
    """
    single = _single_states(launchpad, results.entry)
    counts = _grouped(single)
    verdicts = _verdicts(results)
    expected = _expected(results, counts, verdicts)
    tallies = results.tallies()
    times = _with_long_md(tallies.mean_seconds(), results.entry.campaign)
    core_times = _with_long_md(tallies.mean_core_seconds(), results.entry.campaign)
    stages = tuple(
        StageStatus(
            name,
            counts.get(name, {}),
            max(expected.get(name, 0), sum(counts.get(name, {}).values())),
            times.get(kind.result),
            {state: single[name][state] for state in STATE_GROUPS["waiting"] if single.get(name, {}).get(state)},
        )
        for name, kind in STAGES.items()
        if name in counts or expected.get(name)
    )
    left = [stage.mean_s * stage.left for stage in stages if stage.mean_s is not None]
    unknown = any(STAGES[stage.name].result and stage.mean_s is None and stage.left for stage in stages)
    known = sum(left) > 0 or (bool(left) and not unknown)
    core_left = [
        core_times[STAGES[stage.name].result] * stage.left
        for stage in stages
        if STAGES[stage.name].result in core_times
    ]
    return CampaignStatus(
        results.entry.name,
        results.entry.revision,
        stages,
        verdicts,
        results.failures(),
        sum(tallies.seconds().values()),
        sum(left) if known else None,
        sum(tallies.core_seconds().values()),
        sum(core_left) if known else None,
        tallies.versions(),
        campaign_jobs(launchpad, results) if jobs else (),
        Store(launchpad.db).why_closed(results.entry),
        last_verdict(results.latest_decision()),
    )


def last_verdict(decision: Decision | None) -> str:
    """Write a decision in one line: who, at which stage, with what outcome and why."""
    if decision is None:
        return ""
    reason = decision.reason.partition(";")[0]
    if decision.superseded_by is not None:
        return f"{decision.subject}, {decision.stage.heading}: {reason}; {decision.superseded_by} continues instead"
    return f"{decision.subject}, {decision.stage.heading}: {decision.verdict}, {reason}"


def count_completed(launchpad: "LaunchPad", results: CampaignResults) -> int:
    """Return how many Fireworks of a campaign are done."""
    return int(launchpad.fireworks.count_documents(fireworks_of(results.entry, "COMPLETED")))


def _with_long_md(times: dict[str, float], campaign: Campaign) -> dict[str, float]:
    """Before there is a long segment, take its mean time from the short ones, scaled by the steps."""
    short = times.get(STAGES["short_md"].result)
    if short is not None:
        ratio = schedule(campaign.long_md).steps / schedule(campaign.short_md).steps
        times.setdefault(STAGES["long_md"].result, short * ratio)
    return times


def states_by_stage(launchpad: "LaunchPad", entry: CampaignEntry) -> dict[str, dict[str, int]]:
    """Return the number of Fireworks of a campaign's revision by stage and group of :data:`STATE_GROUPS`."""
    return _grouped(_single_states(launchpad, entry))


def _single_states(launchpad: "LaunchPad", entry: CampaignEntry) -> dict[str, dict[str, int]]:
    """Return the number of Fireworks by stage and FireWorks' state."""
    pipeline: list[dict[str, Any]] = [
        {"$match": fireworks_of(entry)},
        {"$group": {"_id": {"stage": "$spec.stage", "state": "$state"}, "count": {"$sum": 1}}},
    ]
    counts: dict[str, dict[str, int]] = {}
    for row in launchpad.fireworks.aggregate(pipeline):
        counts.setdefault(row["_id"]["stage"], {})[row["_id"]["state"]] = row["count"]
    return counts


def _grouped(counts: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    group = {state: name for name, states in STATE_GROUPS.items() for state in states}
    found: dict[str, dict[str, int]] = {}
    for stage, states in counts.items():
        groups = found.setdefault(stage, {})
        for state, count in states.items():
            name = group.get(state, "waiting")
            groups[name] = groups.get(name, 0) + count
    return found


def _verdicts(results: CampaignResults) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for stage, verdict, count in results.verdict_counts():
        found.setdefault(stage, {})[verdict] = count
    return found


def _expected(
    results: CampaignResults, counts: dict[str, dict[str, int]], verdicts: dict[str, dict[str, int]]
) -> dict[str, int]:
    """Forecast the Fireworks of each stage: what is there, and what the compositions still on their way will bring."""
    campaign = results.entry.campaign
    total = {name: sum(states.values()) for name, states in counts.items()}
    unscreened = total.get("ewald", 0) - counts.get("ewald", {}).get("done", 0)
    expected = dict(total)
    expected["relax"] = total.get("relax", 0) + unscreened * campaign.ewald.keep
    unjudged = total.get("hull", 0) - counts.get("hull", {}).get("done", 0)
    runs = unjudged * campaign.hull.begin_md * _share(verdicts, Stage.HULL)
    ahead = runs
    for name, stage, funnel in (
        ("short_md", campaign.short_md, Stage.SHORT_MD),
        ("long_md", campaign.long_md, Stage.LONG_MD),
    ):
        expected[name] = total.get(name, 0) + round(ahead * typical_segments(stage))
        if name == "short_md":
            running = total.get("short_md_look", 0) - counts.get("short_md_look", {}).get("done", 0)
            ahead = (ahead + running) * _share(verdicts, funnel)
    return expected


def _share(verdicts: dict[str, dict[str, int]], stage: Stage) -> float:
    """Return the share that goes on from a stage, with one virtual pass and one virtual fail before any is known."""
    counts = verdicts.get(str(stage), {})
    judged = sum(counts.values()) - counts.get("stood for", 0)
    return (judged - counts.get(str(Verdict.FAIL), 0) + 1) / (judged + 2)
