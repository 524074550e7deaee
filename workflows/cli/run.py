"""Commands that put a campaign to work: `submit`, `run`, `status`, `rerun`, `recover`."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from workflows.loop.situation import Situation
    from workflows.operations.outcome import Outcome
    from workflows.operations.session import Session
    from workflows.operations.status import CampaignStatus
    from workflows.store.results import CampaignResults

FINISHED_WITH_FAILURES = 3
"""Exit code of `ionsieve run` where work was given up or is left; 0 only when the campaign did what was asked."""

_WATCH_S = 5.0
"""Time between two looks of `status --watch`, which ask the queue as well."""

CampaignArgument = Annotated[
    str, typer.Argument(metavar="CAMPAIGN", help="Campaign file, or a shipped campaign's name")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this group to the application."""
    app.command("submit")(submit)
    app.command("run")(run)
    app.command("status")(status)
    app.command("rerun")(rerun)
    app.command("recover")(recover)


def submit(campaign: CampaignArgument) -> None:
    """Enter a campaign's workflows in the database; what is in already is not added twice."""
    from workflows.operations.session import session

    with session(campaign, keep_server=True, new=True) as opened:
        enter(opened, computes_here=False)
        typer.echo(f"connection file of lpad, rlaunch and qlaunch: {opened.launchpad_file}")
        if opened.server is not None:
            typer.echo(f"the private database keeps running for them; ionsieve db stop {campaign} ends it")


def enter(opened: "Session", *, computes_here: bool = True) -> None:
    """Submit a campaign and say what was added."""
    from ewald.numbers import counted
    from workflows.operations.revisions import revisions_of
    from workflows.operations.submit import submit as submit_campaign

    done = submit_campaign(opened.file, opened.launchpad, computes_here=computes_here)
    for line in done.missing_here:
        typer.echo(f"warning: {line}", err=True)
    entry = done.results.entry
    typer.echo(
        f"campaign {entry.name}, revision {entry.revision}: {counted(len(done.plan.compositions), 'composition')}; "
        f"{done.added} workflows added, {done.present} were there already"
    )
    if done.earlier_revisions and done.added:
        typer.echo(
            f"its settings differ from those of the earlier revisions {', '.join(done.earlier_revisions)}, "
            "whose results are kept separately"
        )
        for item in revisions_of(opened.launchpad, opened.file.campaign):
            if item.lives and not item.present:
                left = item.fireworks.get("waiting", 0) + item.fireworks.get("running", 0)
                typer.echo(
                    f"revision {item.revision} is also being computed, with {left} Fireworks waiting or running; "
                    f"ionsieve stop --revision {item.revision} stops it"
                )


def run(
    campaign: CampaignArgument,
    workers: Annotated[int | None, typer.Option(min=1, help="Local workers, instead of the campaign's number")] = None,
    keep_database: Annotated[
        bool, typer.Option("--keep-database", help="Leave the private server running at the end")
    ] = False,
) -> None:
    """Work on a campaign here until it is done; if stopped at any point, the same command resumes it.

    Exit code 0 when everything was done, 3 when work failed for good or remains, 2 for errors you can correct, 130 when
    stopped.
    """
    try:
        _run(campaign, workers, keep_database=keep_database)
    except KeyboardInterrupt:
        # Said here because the command-line library would end without a word.
        typer.echo("stopped; the same command resumes from here", err=True)
        raise typer.Exit(130) from None


def _run(campaign: str, workers: int | None, *, keep_database: bool) -> None:
    from workflows.campaign.campaign_file import open_campaign
    from workflows.cli.console import wide_console
    from workflows.engines.cache import choices_of
    from workflows.engines.registry import require_engine
    from workflows.operations.outcome import write_outcome
    from workflows.operations.session import session
    from workflows.operations.status import campaign_status

    console = wide_console()
    file = open_campaign(campaign)
    for choice in choices_of(file.campaign, file.base_dir).values():
        require_engine(choice)
    with session(campaign, keep_server=keep_database, new=True) as opened:
        enter(opened)
        console.print(f"results and logs: {opened.file.folder}", soft_wrap=True)
        work_here(opened, console, workers)
        outcome = write_outcome(opened.results())
        status = campaign_status(opened.launchpad, opened.results())
        _say_outcome(opened, console, outcome, status, campaign)
        ended = not status.gave_up and _ended_by_choice(opened.results())
    if opened.server is not None and opened.server.status().running:
        console.print(f"the private database keeps running; ionsieve db stop {campaign} ends it", soft_wrap=True)
    if status.unfinished and not ended:
        console.print(f"finished with failures: {status.unfinished}; ionsieve rerun repeats them", soft_wrap=True)
        raise typer.Exit(FINISHED_WITH_FAILURES)


def work_here(opened: "Session", console: "Console", workers: int | None) -> None:
    """Work on a campaign with local workers until nothing is left, and show how it goes.

    Parameters
    ----------
    opened
        The campaign, submitted.
    console
        Where to show it.
    workers
        How many; the campaign's number when None.
    """
    import os
    from pathlib import Path

    from workflows.operations.progress import Progress
    from workflows.process.threads import granted_cores
    from workflows.workers.local_run import LocalRun
    from workflows.workers.local_workers import LocalWorkers
    from workflows.workers.worker import WorkerJob

    results = opened.results()
    execution = opened.file.campaign.execution
    count = workers or execution.workers
    wanted, cores = count * execution.threads_per_worker, granted_cores()
    if wanted > cores:
        console.print(
            f"{count} workers with {execution.threads_per_worker} threads each share {cores} cores and slow each other "
            f"down; --workers {max(1, cores // execution.threads_per_worker)} would not",
            soft_wrap=True,
        )
    job = WorkerJob(Path(opened.launchpad_file).absolute(), results.entry.name, results.entry.revision, os.getpid())
    team = LocalWorkers(job, count=count, threads=execution.threads_per_worker, logs=opened.file.folder / "logs")
    with Progress(console, workers=count) as progress:
        LocalRun(opened.launchpad, results, team, progress.show).until_done()


def _say_outcome(
    opened: "Session", console: "Console", outcome: "Outcome", status: "CampaignStatus", campaign: str
) -> None:
    from screening.decision import Stage, Verdict
    from screening.record.ranking import what_to_make
    from screening.report.sections.rejections import rejection_lines
    from screening.report.terminal import ranked_table
    from workflows.operations.progress import status_table

    show, decisions = console.print, outcome.record.decisions
    show(status_table(status))
    if opened.file.campaign.strategy.chooses:
        show(*_situation(opened.results()).lines(), sep="\n", soft_wrap=True, highlight=False)
    predicted = _predicted(opened.results())
    if predicted:
        show(predicted, soft_wrap=True, highlight=False)
    if any(decision.stage is Stage.HULL and decision.verdict is not Verdict.FAIL for decision in decisions):
        show(ranked_table(outcome.record))
        show(what_to_make(outcome.record), soft_wrap=True, highlight=False)
    elif rejected := list(rejection_lines(outcome.record)):
        show("No candidate came near the hull:", *rejected, sep="\n  ", soft_wrap=True)
    else:
        show("No candidate has reached the hull yet.")
    if opened.file.campaign.demonstration:
        show("This was a demonstration: its cells and runs are too small to publish anything from.", soft_wrap=True)
    for word, place in (
        ("files", opened.file.folder),
        ("record", outcome.record_file),
        ("report", outcome.report),
        ("database", f"{opened.launchpad_file} (connection file of lpad; ionsieve db start {campaign} starts it)"),
    ):
        show(f"{word}: {place}", soft_wrap=True, highlight=False)


def status(
    campaign: CampaignArgument,
    watch: Annotated[bool, typer.Option("--watch", help="Update the display until Ctrl-C")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table")] = False,
) -> None:
    """Show where a campaign stands: counts by stage, jobs, verdicts, failures by reason, time spent and left."""
    import dataclasses
    import json
    import time

    from workflows.cli.console import wide_console
    from workflows.operations.progress import Progress, status_table
    from workflows.operations.session import session
    from workflows.operations.status import campaign_status

    with session(campaign) as opened:
        results = opened.results()
        found = campaign_status(opened.launchpad, results, jobs=True)
        choice = _situation(results) if results.entry.campaign.strategy.chooses else None
        predicted = _predicted(results)
        if as_json:
            chosen: dict[str, object] = {"strategy": choice.document()} if choice else {}
            chosen |= {"prior": predicted} if predicted else {}
            typer.echo(json.dumps(dataclasses.asdict(found) | chosen, indent=1))
            return
        if not watch:
            wide_console().print(status_table(found, workers=opened.file.campaign.execution.workers))
            for line in (*(choice.lines() if choice else ()), predicted):
                typer.echo(line, nl=bool(line))
            return
        with Progress(wide_console(), workers=opened.file.campaign.execution.workers, clock=False) as progress:
            while True:
                progress.show(campaign_status(opened.launchpad, results, jobs=True))
                time.sleep(_WATCH_S)


def _situation(results: "CampaignResults") -> "Situation":
    from workflows.loop.situation import situation

    return situation(results)


def _ended_by_choice(results: "CampaignResults") -> bool:
    """Whether what is left waits because the strategy holds it, which is no failure."""
    return results.entry.campaign.strategy.chooses and bool(_situation(results).over)


def _predicted(results: "CampaignResults") -> str:
    """Say how predictions did; empty without any, which is found out before what words them is loaded."""
    from workflows.store.results import PREDICTED

    if not results.entry.campaign.strategy.predicts or results.kept(PREDICTED, PREDICTED) is None:
        return ""
    from screening.record.prior_check import prior_sentence
    from workflows.loop.situation import expectations

    return prior_sentence(expectations(results), results.decisions())


def rerun(
    campaign: CampaignArgument,
    stage: Annotated[str, typer.Option(help="Stage to repeat: reference, ewald, relax, hull, short_md, long_md")],
    reason: Annotated[
        str | None, typer.Option(help="Only failures whose kind or reason contains this; all failed ones when left out")
    ] = None,
) -> None:
    """Repeat failed work of a stage, and what follows from it."""
    from workflows.operations.session import session
    from workflows.recovery.rerun import rerun_failed

    with session(campaign) as opened:
        repeated = rerun_failed(opened.launchpad, opened.results(), stage, reason)
    said = f"{len(repeated)} will be repeated" if repeated else "no failed work of this stage to repeat"
    typer.echo(said + "".join(f"\n  {key}" for key in repeated))


def recover(
    campaign: CampaignArgument,
    lost_after: Annotated[
        float, typer.Option(min=60, help="Seconds without a ping after which a run on another machine counts as lost")
    ] = 900.0,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing if nothing was lost; for cron")] = False,
) -> None:
    """Find work whose process or job is gone and have it done again; safe while workers run, and in cron.

    Asks SLURM where there is one, and collects what offline jobs have written. Run it where the queue's jobs run
    or are submitted from: another cluster's SLURM does not know them.
    """
    from workflows.loop.choose import advance
    from workflows.operations.session import session
    from workflows.process.files import exclusive
    from workflows.recovery.recover import recover as recover_campaign

    with session(campaign) as opened, exclusive(opened.file.folder / "recover.lock", wait=False) as alone:
        if not alone:
            if not quiet:
                typer.echo("another recovery of this campaign is running")
            return
        found = recover_campaign(opened.launchpad, opened.results(), lost_after_s=lost_after)
        advance(opened.results(), opened.launchpad)
    for line in found.lines():
        typer.echo(line)
    if not found.fixed and not found.given_up and not quiet:
        typer.echo("nothing was lost")
