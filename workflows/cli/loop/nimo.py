"""The commands `ionsieve nimo`: a campaign as a table for NIMO, and NIMO's proposals as work of the campaign."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from workflows.operations.session import Session

_Campaign = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Campaign file, or a shipped campaign's name")]
_Folder = Annotated[
    Path | None, typer.Option("--folder", help="Folder of the files; `nimo` in the campaign's folder when left out")
]
_LOOK_S = 2.0
"""Time between two looks at what other workers have done."""


def register(app: typer.Typer) -> None:
    """Add the commands of this group to the application."""
    group = typer.Typer(help="Exchange a campaign with NIMO: candidates.csv and proposals.csv.", no_args_is_help=True)
    group.command("export")(export)
    group.command("import")(import_proposals)
    group.command("loop")(loop)
    app.add_typer(group, name="nimo")


def export(campaign: _Campaign, folder: _Folder = None) -> None:
    """Write candidates.csv: every composition with its descriptors, and the conductivity where it is known.

    compositions.csv beside it says which row is which composition. Values entered in an earlier file are kept.
    """
    from workflows.loop.nimo_machine import NimoFolder
    from workflows.loop.situation import table_of
    from workflows.operations.session import session

    with session(campaign) as opened:
        files = NimoFolder(folder or opened.file.folder / "nimo")
        table = files.write_table(table_of(opened.results()))
    known = sum(row.objective is not None for row in table)
    typer.echo(f"{files.candidates}: {len(table)} compositions, {known} with a value")


def import_proposals(campaign: _Campaign, folder: _Folder = None) -> None:
    """Read proposals.csv, and submit the compositions that it proposes."""
    from workflows.loop.choose import begin
    from workflows.loop.nimo_files import read_proposals
    from workflows.loop.nimo_machine import NimoFolder
    from workflows.loop.situation import table_of
    from workflows.operations.session import session

    with session(campaign, keep_server=True) as opened:
        results = opened.results()
        table = table_of(results)
        proposals = NimoFolder(folder or opened.file.folder / "nimo").proposals
        names = [table[action].id for action in read_proposals(proposals, len(table))]
        added = begin(names, results, opened.launchpad)
    typer.echo(f"{len(names)} proposed, {added} of them new: {', '.join(names)}")


def loop(
    campaign: _Campaign,
    folder: _Folder = None,
    workers: Annotated[
        int | None,
        typer.Option(min=0, help="Local workers, instead of the campaign's number; 0 where others do the work"),
    ] = None,
    rounds: Annotated[
        int | None, typer.Option(min=1, help="Number of rounds; until every composition has a value when left out")
    ] = None,
) -> None:
    """Compute what a NIMO loop proposes, round after round; the campaign is NIMO's machine `STAN`.

    The campaign has `strategy: {method: nimo}`, and NIMO's script runs in the folder of the files, with inputs and
    outputs as the folders of its machine. Stopped at any point, the same command resumes the round.
    """
    from workflows.cli.run import enter
    from workflows.operations.session import session

    try:
        with session(campaign, keep_server=workers == 0, new=True) as opened:
            enter(opened, computes_here=workers != 0)
            _serve(opened, folder, workers, rounds)
    except KeyboardInterrupt:
        typer.echo("stopped; the same command resumes from here", err=True)
        raise typer.Exit(130) from None


def _serve(opened: "Session", folder: Path | None, workers: int | None, rounds: int | None) -> None:
    import time

    from workflows.cli.console import wide_console
    from workflows.cli.run import work_here
    from workflows.loop.nimo_machine import NimoFolder, NimoMachine

    files = NimoFolder(folder or opened.file.folder / "nimo")
    console = wide_console()

    def work() -> None:
        if workers == 0:
            time.sleep(_LOOK_S)
        else:
            work_here(opened, console, workers)

    machine = NimoMachine(files, opened.results(), opened.launchpad, work, typer.echo)
    machine.prepare()
    typer.echo(f"waiting for NIMO in {files.root}")
    machine.serve(rounds)
    typer.echo("all rounds are finished" if rounds else "every composition has a value")
