"""Commands of the groups `db` and `results`: a campaign's private MongoDB server, and its results taken elsewhere."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from workflows.database.server import PrivateServer

CampaignArgument = Annotated[
    str | None, typer.Argument(metavar="[CAMPAIGN]", help="Campaign file, or a shipped campaign's name")
]
_Campaign = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Campaign file, or a shipped campaign's name")]
_FolderOption = Annotated[Path | None, typer.Option("--folder", help="Folder of a server that belongs to no campaign")]


def register(app: typer.Typer) -> None:
    """Add the commands of this group to the application."""
    group = typer.Typer(
        help="Start, stop, inspect, back up and restore a private MongoDB server.", no_args_is_help=True
    )
    group.command("start")(start)
    group.command("stop")(stop)
    group.command("status")(status)
    group.command("backup")(backup)
    group.command("restore")(restore)
    app.add_typer(group, name="db")
    results = typer.Typer(help="Move a campaign's results to another machine or database.", no_args_is_help=True)
    results.command("save")(save_results)
    results.command("load")(load_results)
    app.add_typer(results, name="results")


def _server(campaign: str | None, folder: Path | None) -> "tuple[PrivateServer, Path, str]":
    """Return the server meant, where its connection file goes, and the name of its database."""
    from ewald.errors import UserError
    from workflows.campaign.campaign_file import open_campaign
    from workflows.database.launchpad_file import FILE_NAME
    from workflows.database.server import PrivateServer
    from workflows.launchpad.connection import private_server

    if (campaign is None) == (folder is None):
        raise UserError("name a campaign or a folder", field="CAMPAIGN / --folder", fix="one of the two")
    if folder is not None:
        return PrivateServer(folder / "database"), folder.absolute() / FILE_NAME, "ionsieve"
    file = open_campaign(str(campaign))
    if file.campaign.database.mode != "private":
        raise UserError(
            "this campaign uses your own server",
            file=file.path,
            field="database.mode",
            value="launchpad",
            fix="start and stop it yourself",
        )
    return private_server(file.folder), file.folder / FILE_NAME, file.campaign.database.name


def start(campaign: CampaignArgument = None, folder: _FolderOption = None) -> None:
    """Start the private server, or find the one that runs; nobody but you can reach it."""
    from workflows.database.launchpad_file import write_launchpad_file

    server, file, name = _server(campaign, folder)
    running = server.start()
    write_launchpad_file(file, running, name)
    typer.echo(f"running (process {running.pid}) on the unix socket {running.socket}")
    typer.echo(f"connection file: {file}\ndashboard: lpad -l {file} webgui")


def stop(campaign: CampaignArgument = None, folder: _FolderOption = None) -> None:
    """Stop the private server cleanly."""
    typer.echo("stopped" if _server(campaign, folder)[0].stop() else "it was not running")


def status(campaign: CampaignArgument = None, folder: _FolderOption = None) -> None:
    """Say whether the private server runs."""
    found = _server(campaign, folder)[0].status()
    typer.echo(f"running (process {found.pid}) on {found.socket}" if found.running else "not running")
    typer.echo(f"data: {found.folder}")


def backup(
    out: Annotated[Path, typer.Option("--out", help="File to write (.tar.gz)")],
    campaign: CampaignArgument = None,
    folder: _FolderOption = None,
) -> None:
    """Save the whole database to one checksummed file, also while workers run."""
    from workflows.database.dump import back_up
    from workflows.launchpad.connection import connect_private

    server, file, name = _server(campaign, folder)
    done = back_up(connect_private(server, file, name).db, out)
    typer.echo(f"saved {done.documents} documents of {done.collections} collections to {out}")


def restore(
    source: Annotated[Path, typer.Option("--from", help="File that `db backup` wrote")],
    campaign: CampaignArgument = None,
    folder: _FolderOption = None,
) -> None:
    """Load a saved database into an empty one; nothing that is there is overwritten."""
    from workflows.database.dump import restore as restore_backup
    from workflows.launchpad.connection import connect_private

    server, file, name = _server(campaign, folder)
    done = restore_backup(connect_private(server, file, name).db, source)
    typer.echo(f"restored {done.documents} documents of {done.collections} collections")


def save_results(
    campaign: _Campaign,
    out: Annotated[Path, typer.Option("--out", help="File to write (.jsonl.xz); an older one is replaced")],
) -> None:
    """Save everything computed so far, without trajectories, to one checksummed file, also while workers run."""
    from ewald.numbers import counted
    from workflows.operations.brought_results import save_results as write
    from workflows.operations.session import session

    with session(campaign) as opened:
        saved = write(opened.results(), out)
    typer.echo(f"{counted(sum(saved.values()), 'result')} in {out} ({out.stat().st_size / 1e6:.1f} MB)")
    for stage, number in sorted(saved.items()):
        typer.echo(f"  {stage}: {number}")


def load_results(
    campaign: _Campaign,
    source: Annotated[Path, typer.Option("--from", help="File that `results save` wrote")],
) -> None:
    """Bring results into this campaign's database; `ionsieve run` then takes up those made from the same inputs."""
    from workflows.operations.brought_results import load_results as bring
    from workflows.operations.session import session
    from workflows.store.entry import CampaignEntry
    from workflows.store.store import Store

    with session(campaign, new=True) as opened:
        file = opened.file
        entry = CampaignEntry(file.campaign, file.campaign.revision(), file.folder, file.base_dir)
        store = Store(opened.launchpad.db)
        store.prepare()
        brought = bring(store.results(entry), source)
    typer.echo(f"{brought.results} results of {brought.campaign}, revision {brought.revision}: {brought.new} new here")
    if brought.revision != entry.revision:
        typer.echo(
            f"this file has other settings (revision {entry.revision}); results that they do not change are reused"
        )
