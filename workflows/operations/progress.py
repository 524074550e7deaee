"""What a terminal shows of a campaign: a live picture while it runs, plain lines where there is no terminal."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ewald.numbers import core_hours, duration
from screening.decision import CANDIDATE_STAGES
from workflows.operations.jobs import JOB_COLUMNS
from workflows.operations.status import STATE_GROUPS, CampaignStatus, StageStatus
from workflows.spec import stage_words

BAR = 24
QUEUE = STATE_GROUPS["waiting"]
"""FireWorks' states of what does not run yet."""
GROUPS = ("running", "done", "failed")
_MOST_JOBS = 20
_QUIET_EVERY_S = 15.0
_SILENT_AT_MOST_S = 30.0


def _stage_line(stage: StageStatus) -> str:
    """Return the counts of one stage in a few words."""
    failed = stage.states.get("failed", 0)
    return f"{stage_words(stage.name)} {stage.done}/{stage.expected}" + (f" ({failed} failed)" if failed else "")


def status_table(status: CampaignStatus, *, workers: int = 1, elapsed_s: float | None = None) -> RenderableType:
    """Return the funnel of a campaign as a table, with failures by reason and the time left."""
    table = Table(box=None, pad_edge=False, title=f"{status.name} (revision {status.revision})", title_justify="left")
    table.add_column("stage")
    table.add_column("")
    # Columns without a number in any stage are left out: few queues know all of FireWorks' states.
    queue = [name for name in QUEUE if any(stage.queue.get(name) for stage in status.stages)]
    groups = [name for name in GROUPS if name == "done" or any(stage.states.get(name) for stage in status.stages)]
    for name in (*queue, *groups):
        table.add_column(name.lower(), justify="right")
    table.add_column("of about", justify="right")
    table.add_column("each", justify="right")
    for stage in status.stages:
        filled = round(BAR * stage.done / max(1, stage.expected))
        bar = Text("#" * filled, style="green") + Text("." * (BAR - filled), style="dim")
        cells = [str(stage.queue.get(name, 0) or "") for name in queue]
        cells += [str(stage.states.get(name, 0) or "") for name in groups]
        each = "" if stage.mean_s is None else f"{stage.mean_s:.1f} s"
        table.add_row(stage_words(stage.name), bar, *cells, str(stage.expected), each)
    parts: list[RenderableType] = [table, Text(f"now: {status.now}"), *_job_lines(status), verdict_line(status)]
    if status.last_verdict:
        parts.append(Text(f"last verdict: {status.last_verdict}"))
    parts += [
        Text(f"failed: {len(group)} x {stage_words(stage)}, {kind}; {group[0].key}: {group[0].reason}", style="red")
        for (stage, kind), group in sorted(status.failures_by_reason().items())
    ]
    if status.failures:
        stages = ", ".join(sorted({failure.stage for failure in status.failures}))
        parts.append(
            Text(f"once the cause is fixed, ionsieve rerun --stage repeats the failed work (stages: {stages})")
        )
    if len(status.versions) > 1:
        made = ", ".join(f"{count} by {version}" for version, count in status.versions.items())
        parts.append(Text(f"results of several versions of IonSieve: {made}", style="yellow"))
    parts.append(Text(time_line(status, workers=workers, elapsed_s=elapsed_s)))
    return Group(*parts)


def _job_lines(status: CampaignStatus) -> list[RenderableType]:
    """Return the table of the jobs, the first of them where there are many."""
    if not status.jobs:
        return []
    table = Table(box=None, pad_edge=False)
    for name in (*JOB_COLUMNS, ""):
        table.add_column(name, justify="right" if name in {"job", "for", "last ping"} else "left", overflow="fold")
    for job in status.jobs[:_MOST_JOBS]:
        table.add_row(*job.cells, Text(job.words, style="yellow" if job.silent else ""))
    more = len(status.jobs) - _MOST_JOBS
    return [table, *([Text(f"and {more} more (--json lists all)")] if more > 0 else [])]


def verdict_line(status: CampaignStatus) -> Text:
    """Return the verdicts of the funnel's stages in one line."""
    parts = []
    for stage in CANDIDATE_STAGES:
        counts = status.verdicts.get(stage)
        if counts:
            undecided = f", {counts['undecided']} undecided" if counts.get("undecided") else ""
            superseded = counts.get("stood for", 0)
            lower = f", {superseded} not the lowest of their composition" if superseded else ""
            parts.append(f"{stage.verdict} {counts.get('pass', 0)} of {sum(counts.values())}{undecided}{lower}")
    return Text("verdicts: " + ("; ".join(parts) or "none yet"))


def time_line(status: CampaignStatus, *, workers: int, elapsed_s: float | None) -> str:
    """Return time and core hours spent and estimated left; the estimate grows sharper as stages are reached."""
    spent = f"work done {duration(status.spent_s)} ({core_hours(status.core_spent_s)})"
    clock = "" if elapsed_s is None else f"running for {duration(elapsed_s)}; "
    if not status.active:
        return f"{clock}{spent}; nothing left to do"
    if status.left_s is None:
        return f"{clock}{spent}; time left: unknown until the next stages have results"
    cores = "" if status.core_left_s is None else f" ({core_hours(status.core_left_s)})"
    left = f"about {duration(status.left_s / max(1, workers))}{cores} left"
    untimed = ", ".join(stage_words(name) for name in status.untimed)
    unknown = f", not counting {untimed}, none of which has finished yet" if untimed else ""
    return f"{clock}{spent}; {left} of the stages reached so far{unknown}"


class Progress:
    """Shows a campaign's status while it runs.

    Parameters
    ----------
    console
        Where to.
    workers
        How many work at the same time.
    clock
        Whether to say for how long this has been running.
    """

    def __init__(self, console: Console, *, workers: int, clock: bool = True) -> None:
        self.console = console
        self.workers = workers
        self.clock = clock
        self.started = time.monotonic()
        self._last_line = ""
        self._said_at = 0.0
        self._last_verdict = ""
        self._live = Live(console=console, refresh_per_second=2, transient=True) if console.is_terminal else None

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, status: CampaignStatus) -> None:
        """Show a status: redrawn in a terminal, else a line every 15 s while something changes, every 30 s at least."""
        elapsed = time.monotonic() - self.started if self.clock else None
        if self._live is not None:
            self._live.update(status_table(status, workers=self.workers, elapsed_s=elapsed))
            return
        counts = "; ".join(map(_stage_line, status.stages))
        quiet_s = time.monotonic() - self._said_at
        new = counts != self._last_line
        if quiet_s < _SILENT_AT_MOST_S and not (new and (quiet_s >= _QUIET_EVERY_S or not status.active)):
            return
        self._last_line, self._said_at = counts, time.monotonic()
        self.console.print(f"{counts}; {time_line(status, workers=self.workers, elapsed_s=elapsed)}", soft_wrap=True)
        if status.last_verdict and status.last_verdict != self._last_verdict:
            self._last_verdict = status.last_verdict
            self.console.print(f"  last verdict: {status.last_verdict}", soft_wrap=True, highlight=False)
