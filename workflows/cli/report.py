"""Commands that read a campaign's outcome: `report`, `explain`, `export`, `dashboard`."""

from pathlib import Path
from typing import Annotated

import typer

_SOURCE_HELP = "Campaign file, campaign folder, record.json, or a shipped one: finished_campaign, finished_sulfides"


def register(app: typer.Typer) -> None:
    """Add the commands of this group to the application."""
    app.command("report")(report)
    app.command("explain")(explain)
    app.command("export")(export)
    app.command("dashboard")(dashboard)


def report(
    source: Annotated[str, typer.Argument(metavar="CAMPAIGN", help=_SOURCE_HELP)],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of the page; `report` in the campaign's folder when left out")
    ] = None,
    table: Annotated[bool, typer.Option("--table/--no-table", help="Also print the ranked table")] = True,
) -> None:
    """Write the report: one HTML page with funnel, ranking, plots and every decision."""
    from screening.report.page import write_report
    from workflows.md.mechanisms import campaign_mechanisms
    from workflows.operations.record_source import open_record

    found = open_record(source)
    place = out or found.outputs / "report"
    page = write_report(found.record, place, campaign_mechanisms(found.record, found.folder, place))
    if table:
        from screening.record.ranking import what_to_make
        from screening.report.terminal import ranked_table
        from workflows.cli.console import wide_console

        console = wide_console()
        console.print(ranked_table(found.record))
        console.print(what_to_make(found.record), soft_wrap=True, highlight=False)
    typer.echo(f"report: {page}")


def explain(
    candidate: Annotated[str, typer.Argument(metavar="CANDIDATE", help="Candidate or composition id")],
    campaign: Annotated[
        str | None, typer.Option("--campaign", help="Campaign file, or a shipped campaign's name")
    ] = None,
    folder: Annotated[Path | None, typer.Option("--folder", help="Campaign folder, or its record.json")] = None,
) -> None:
    """Explain one candidate: numbers, thresholds, decisions, files, versions."""
    from ewald.errors import UserError
    from screening.arrangements.candidate import composition_of
    from screening.record.explain import UnknownCandidateError
    from screening.record.explain import explain_candidate as story
    from workflows.operations.record_source import open_record

    if (campaign is None) == (folder is None):
        raise UserError("name the campaign once", field="--campaign / --folder", fix="--campaign FILE or --folder DIR")
    source = str(campaign or folder)
    try:
        told = story(open_record(source, composition=composition_of(candidate)).record, candidate)
    except UnknownCandidateError:
        # The whole record knows the names that are like it.
        told = story(open_record(source).record, candidate)
    typer.echo(told, nl=False)


def export(
    source: Annotated[str, typer.Argument(metavar="CAMPAIGN", help=_SOURCE_HELP)],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder to write to; `export` in the campaign's folder when left out")
    ] = None,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format", help="csv, json, cif, extxyz, survivors, ledger, sqlite; repeat for several, all when left out"
        ),
    ] = None,
    database: Annotated[
        Path | None,
        typer.Option(
            "--database",
            help="Add the diffusivities to this SQLite file, which may hold others; only that without --out",
        ),
    ] = None,
    jobflow: Annotated[
        str | None,
        typer.Option(
            "--jobflow",
            metavar="MAKER",
            help="Also write the survivors as a jobflow Flow, survivors/flow.json, with a job of this maker each; "
            "such as atomate2.vasp.flows.core.DoubleRelaxMaker",
        ),
    ] = None,
) -> None:
    """Write the results for other programs: CSV, JSON, CIF, extended XYZ, SQLite, jobflow."""
    from ewald.numbers import counted
    from screening.record.diffusivity_database import add_record
    from screening.record.export import FORMATS
    from screening.record.export import export_record as write
    from workflows.operations.record_source import open_record

    found = open_record(source)
    only_database = database is not None and out is None
    chosen = tuple(formats) if formats else () if only_database else FORMATS
    folder = out or found.outputs / "export"
    if chosen:
        written = write(found.record, folder, chosen)
        typer.echo(f"{counted(len(written), 'file')} in {folder}")
    if jobflow is not None:
        from screening.record.handover.flow import write_flow

        typer.echo(f"flow: {write_flow(found.record, jobflow, folder / 'survivors')}")
    if database is not None:
        rows = add_record(found.record, database)
        typer.echo(f"{database}: {rows} diffusivities")


def dashboard(
    campaign: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Campaign file, or a shipped campaign's name")],
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one")] = 0,
) -> None:
    """Serve FireWorks' web pages and the campaign's own page on this machine, for whoever has the address."""
    from workflows.dashboard.server import serve
    from workflows.operations.session import session

    with session(campaign) as opened:
        results = opened.results()
        typer.echo("Open this address; it works for you alone. Ctrl-C stops the dashboard, not the campaign.")
        serve(opened.launchpad, results, port=port, announce=typer.echo)
