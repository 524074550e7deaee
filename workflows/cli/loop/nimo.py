"""The commands `ionsieve nimo`: a campaign as a table for NIMO, and NIMO's proposals as work of the campaign."""

from pathlib import Path
from typing import Annotated

import typer

_Campaign = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Campaign file, or a shipped campaign's name")]
_Folder = Annotated[
    Path | None, typer.Option("--folder", help="Folder of the files; `nimo` in the campaign's folder when left out")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this group to the application."""
    group = typer.Typer(help="Exchange a campaign with NIMO: candidates.csv and proposals.csv.", no_args_is_help=True)
    group.command("export")(export)
    group.command("import")(import_proposals)
    app.add_typer(group, name="nimo")


def export(campaign: _Campaign, folder: _Folder = None) -> None:
    """Write candidates.csv: every composition with its descriptors, and the conductivity where it is known.

    compositions.csv beside it says which row is which composition.
    """
    from ewald.files.atomic import write_atomic
    from workflows.loop.nimo_files import candidates_csv, compositions_csv
    from workflows.loop.situation import table_of
    from workflows.operations.session import session

    with session(campaign) as opened:
        table = table_of(opened.results())
        place = folder or opened.file.folder / "nimo"
        place.mkdir(parents=True, exist_ok=True)
        write_atomic(place / "candidates.csv", candidates_csv(table))
        write_atomic(place / "compositions.csv", compositions_csv(table))
    known = sum(row.objective is not None for row in table)
    typer.echo(f"{place / 'candidates.csv'}: {len(table)} compositions, {known} with a value")


def import_proposals(campaign: _Campaign, folder: _Folder = None) -> None:
    """Read proposals.csv, and submit the compositions that it proposes."""
    from workflows.loop.choose import begin
    from workflows.loop.nimo_files import read_proposals
    from workflows.loop.situation import table_of
    from workflows.operations.session import session

    with session(campaign, keep_server=True) as opened:
        results = opened.results()
        table = table_of(results)
        proposals = (folder or opened.file.folder / "nimo") / "proposals.csv"
        names = [table[action].id for action in read_proposals(proposals, len(table))]
        added = begin(names, results, opened.launchpad)
    typer.echo(f"{len(names)} proposed, {added} of them new: {', '.join(names)}")
