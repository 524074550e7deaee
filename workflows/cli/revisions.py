"""Commands about the revisions of a campaign: `revisions`, `stop`, `resume`, `archive`, `remove`."""

from typing import Annotated

import typer

from workflows.cli.run import CampaignArgument

Revision = Annotated[
    str | None,
    typer.Option("--revision", help="First digits of a revision; that of the campaign file when left out"),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this group to the application."""
    for command in (revisions, stop, resume, archive, remove):
        app.command(command.__name__)(command)


def revisions(
    campaign: CampaignArgument,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table")] = False,
) -> None:
    """List the revisions of a campaign: what each has computed, what still runs, how its settings differ."""
    import dataclasses
    import json

    from rich.table import Table

    from workflows.cli.console import wide_console
    from workflows.operations.revisions import revisions_of
    from workflows.operations.session import session

    with session(campaign) as opened:
        found = revisions_of(opened.launchpad, opened.file.campaign)
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(item) for item in found], indent=1, default=str))
        return
    columns = ("revision", "submitted", "IonSieve", "state", "waiting", "running", "done", "failed", "results")
    table = Table(*columns, box=None)
    for item in found:
        state = "stopped" if item.stopped else "at work" if item.lives else "done"
        counts = [str(item.fireworks.get(name, 0)) for name in ("waiting", "running", "done", "failed")]
        name = f"{item.revision} (this file)" if item.present else item.revision
        table.add_row(name, f"{item.submitted_on:%Y-%m-%d %H:%M}", item.version, state, *counts, str(item.results))
    console = wide_console()
    console.print(table)
    for item in found:
        for line in item.differs:
            console.print(f"{item.revision}  {line}", soft_wrap=True, highlight=False)


def stop(campaign: CampaignArgument, revision: Revision = None) -> None:
    """Let workers start no more work of a revision; running work is finished."""
    _set_stopped(campaign, revision, stopped=True)


def resume(campaign: CampaignArgument, revision: Revision = None) -> None:
    """Let workers continue a stopped revision."""
    _set_stopped(campaign, revision, stopped=False)


def _set_stopped(campaign: str, revision: str | None, *, stopped: bool) -> None:
    from workflows.launchpad.queries import fireworks_of
    from workflows.operations.session import session
    from workflows.store.store import Store

    with session(campaign) as opened:
        entry = opened.entry(revision)
        Store(opened.launchpad.db).stop(entry, stopped=stopped)
        running = opened.launchpad.fireworks.count_documents(fireworks_of(entry, "RUNNING"))
    typer.echo(
        f"revision {entry.revision} is stopped; {running} of its Fireworks still run and will be finished"
        if stopped
        else f"revision {entry.revision} continues"
    )


def archive(
    campaign: CampaignArgument,
    revision: Annotated[str, typer.Option("--revision", help="First digits of the revision")],
) -> None:
    """End a revision for good: none of its Fireworks will run; its results stay."""
    from workflows.operations.revisions import archive as archive_revision
    from workflows.operations.session import session

    with session(campaign) as opened:
        entry = opened.entry(revision)
        count = archive_revision(opened.launchpad, entry)
    typer.echo(f"revision {entry.revision}: {count} Fireworks archived; its results are kept")


def remove(
    campaign: CampaignArgument,
    revision: Annotated[str, typer.Option("--revision", help="First digits of the revision")],
    files: Annotated[
        bool, typer.Option("--files", help="Delete its relaxations and trajectories that no other revision uses")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
) -> None:
    """Delete a revision with its results from the database; asks before."""
    from workflows.operations.revisions import remove as remove_revision
    from workflows.operations.session import session
    from workflows.store.store import Store

    with session(campaign) as opened:
        entry = opened.entry(revision)
        results = Store(opened.launchpad.db).count_results(entry)
        what = "and its files " if files else ""
        if not yes and not typer.confirm(f"Delete revision {entry.revision} {what}with {results} results?"):
            typer.echo("nothing was deleted")
            return
        documents, folders = remove_revision(opened.launchpad, entry, files=files)
    typer.echo(f"revision {entry.revision}: {documents} documents and {folders} folders deleted")
