"""The commands `ionsieve diffusivities`: a database of diffusivities of several campaigns and of publications."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from screening.record.diffusivities.merge import MergeCount
    from screening.record.diffusivity_database import DiffusivityRow

_SQLITE = (".sqlite", ".sqlite3", ".db")
_Database = Annotated[Path, typer.Argument(metavar="DATABASE", help="SQLite file of diffusivities")]
_Contains = Annotated[str | None, typer.Option("--contains", help="Elements that the composition holds: Na,S")]
_Formula = Annotated[str | None, typer.Option("--formula", help="This composition, in any multiple of its unit")]
_Species = Annotated[str | None, typer.Option("--species", help="Element that diffuses")]
_Low = Annotated[float | None, typer.Option("--from", min=0.0, help="Lowest temperature, in K")]
_High = Annotated[float | None, typer.Option("--to", min=0.0, help="Highest temperature, in K")]
_Method = Annotated[str | None, typer.Option("--method", help="Part of the method: an engine, a code, an experiment")]
_Demonstration = Annotated[
    bool, typer.Option("--demonstration", help="Also campaigns that are marked as demonstrations")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this group to the application."""
    group = typer.Typer(
        help="A database of diffusivities of several campaigns and of publications.", no_args_is_help=True
    )
    group.command("merge")(merge)
    group.command("query")(query)
    group.command("export")(export)
    group.command("import")(import_published)
    app.add_typer(group, name="diffusivities")


def merge(
    database: _Database,
    sources: Annotated[
        list[str],
        typer.Argument(metavar="SOURCE...", help="Campaign files or folders, record.json files, other databases"),
    ],
    source: Annotated[str | None, typer.Option("--source", help="Source of the rows that state none")] = None,
    licence: Annotated[
        str | None, typer.Option("--licence", help="Terms of use of rows that state none (CC BY 4.0)")
    ] = None,
) -> None:
    """Add campaigns and other databases to a database, each measurement once."""
    from screening.record.diffusivities.merge import labelled, merge_rows
    from screening.record.diffusivity_database import read_rows, rows_of
    from workflows.operations.record_source import open_record

    for name in sources:
        stored = Path(name).suffix in _SQLITE
        rows = read_rows(Path(name)) if stored else rows_of(open_record(name).record)
        _say(name, merge_rows(database, labelled(rows, source, licence)), database)


def import_published(
    database: _Database,
    table: Annotated[
        Path,
        typer.Argument(metavar="CSV", help="Columns formula, species, temperature_K, D_cm2_s, source, licence"),
    ],
) -> None:
    """Add published diffusivities, each with its source and licence."""
    from screening.record.diffusivities.merge import merge_rows
    from screening.record.diffusivities.published import read_published

    _say(str(table), merge_rows(database, read_published(table)), database)


def query(
    database: _Database,
    *,
    contains: _Contains = None,
    formula: _Formula = None,
    species: _Species = None,
    low_K: _Low = None,
    high_K: _High = None,
    method: _Method = None,
    demonstration: _Demonstration = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table")] = False,
) -> None:
    """List diffusivities by composition, temperature and method."""
    rows = _selected(database, contains, formula, species, low_K, high_K, method, demonstration)
    if as_json:
        documents = [row.model_dump(mode="json", exclude={"structure"}) for row in rows]
        sys.stdout.write(json.dumps({"rows": documents}, indent=1) + "\n")
    else:
        _show(rows)


def export(
    database: _Database,
    out: Annotated[
        Path,
        typer.Option("--out", help="File to write; its extension sets the format: .csv, .parquet or .json (OPTIMADE)"),
    ],
    *,
    for_prior: Annotated[
        bool, typer.Option("--prior", help="Conductivities near 300 K as CSV, for `ionsieve predict --table`")
    ] = False,
    contains: _Contains = None,
    formula: _Formula = None,
    species: _Species = None,
    low_K: _Low = None,
    high_K: _High = None,
    method: _Method = None,
    demonstration: _Demonstration = False,
) -> None:
    """Write diffusivities for other programs: CSV, Parquet, OPTIMADE-shaped JSON, or a table for `predict`."""
    from ewald.errors import UserError
    from ewald.files.atomic import write_atomic
    from ewald.numbers import counted

    if out.suffix not in {".csv", ".parquet", ".json"} or (for_prior and out.suffix != ".csv"):
        fix = "end it in .csv" if for_prior else "end it in .csv, .parquet or .json"
        raise UserError("the format is not known", field="--out", value=str(out), fix=fix)
    rows = _selected(database, contains, formula, species, low_K, high_K, method, demonstration)
    content = _content(rows, "prior" if for_prior else out.suffix)
    write_atomic(out, content)
    written = str(content).count("\n") - 1 if for_prior else len(rows)
    typer.echo(f"{out}: {counted(written, 'row')}{' near 300 K' if for_prior else ''}")


def _content(rows: "Sequence[DiffusivityRow]", kind: str) -> str | bytes:
    """Return the content of an exported file."""
    from screening.record.diffusivities.optimade import optimade_document
    from screening.record.diffusivities.tables import csv_text, parquet_bytes, prior_csv

    if kind == "prior":
        return prior_csv(rows)
    if kind == ".parquet":
        return parquet_bytes(rows)
    if kind == ".csv":
        return csv_text(rows)
    return json.dumps(optimade_document(rows), indent=1, allow_nan=False) + "\n"


def _selected(  # noqa: PLR0917 (the options of two commands)
    database: Path,
    contains: str | None,
    formula: str | None,
    species: str | None,
    low_K: float | None,
    high_K: float | None,
    method: str | None,
    demonstration: bool,
) -> "tuple[DiffusivityRow, ...]":
    from screening.record.diffusivities.query import Query, select
    from screening.record.diffusivity_database import read_rows

    elements = tuple(symbol.strip() for symbol in contains.split(",")) if contains else ()
    wanted = Query(
        elements=elements,
        formula=formula,
        species=species,
        low_K=low_K,
        high_K=high_K,
        method=method,
        demonstration=demonstration,
    )
    return select(read_rows(database), wanted)


def _say(name: str, done: "MergeCount", database: Path) -> None:
    parts = [f"{done.added} added", f"{done.duplicates} there already"]
    if done.replaced:
        parts.append(f"{done.replaced} in place of shorter runs")
    if done.shorter:
        parts.append(f"{done.shorter} left out for longer runs")
    typer.echo(f"{name}: {', '.join(parts)}; {database} holds {done.rows}")


def _show(rows: "Sequence[DiffusivityRow]") -> None:
    from rich.table import Table

    from workflows.cli.console import wide_console

    table = Table("composition", "ion", "K", "D, cm2/s", "95 % interval", "model error", "method", "source", "licence")
    for row in rows:
        table.add_row(
            row.formula,
            row.species,
            f"{row.temperature_K:g}",
            f"< {row.D_high95_cm2_s:.2g}" if row.D_cm2_s is None else f"{row.D_cm2_s:.2g}",
            "" if row.D_low95_cm2_s is None else f"{row.D_low95_cm2_s:.2g} to {row.D_high95_cm2_s:.2g}",
            "" if row.model_error_factor is None else f"factor {row.model_error_factor:.2g}",
            row.method or "",
            row.source or "",
            row.licence or "",
        )
    wide_console().print(table)
