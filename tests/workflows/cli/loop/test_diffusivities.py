import csv
import json

import pytest
import typer
from typer.testing import CliRunner

from ewald.errors import UserError
from screening.record.record_file import write_record
from tests.campaign_record import make_record
from workflows.cli.loop import diffusivities


@pytest.fixture
def run():
    app = typer.Typer()
    diffusivities.register(app)
    app.command("other")(lambda: None)

    def invoke(*arguments):
        done = CliRunner().invoke(app, ["diffusivities", *map(str, arguments)])
        if done.exception is not None:
            raise done.exception
        return done.stdout

    return invoke


@pytest.fixture
def database(run, tmp_path):
    write_record(make_record(demonstration=False), tmp_path / "record.json")
    path = tmp_path / "group.sqlite"
    run("merge", path, tmp_path, "--source", "Group A", "--licence", "CC BY 4.0")
    return path


def test_a_record_and_a_database_merge_into_a_third(run, database, tmp_path):
    rows = len(json.loads(run("query", database, "--json"))["rows"])
    said = run("merge", tmp_path / "both.sqlite", database, tmp_path / "record.json")
    assert f"{rows} added, 0 there already" in said
    assert f"0 added, {rows} there already" in said
    first = json.loads(run("query", tmp_path / "both.sqlite", "--json"))["rows"][0]
    assert (first["source"], first["licence"]) == ("Group A", "CC BY 4.0")


def test_published_values_are_found_by_composition_and_temperature(run, database, tmp_path):
    table = tmp_path / "published.csv"
    table.write_text("formula,species,temperature_K,D_cm2_s,source,licence\nLi3PO4,Li,300,<1e-14,book,CC0\n")
    assert "1 added" in run("import", database, table)
    shown = run("query", database, "--contains", "Li,P", "--to", "400")
    assert "< 1e-14" in shown
    assert "Na" not in shown
    (row,) = json.loads(run("query", database, "--species", "Li", "--json"))["rows"]
    assert (row["D_cm2_s"], row["D_high95_cm2_s"], row["source"]) == (None, 1e-14, "book")


def test_exports_by_the_ending_of_the_file(run, database, tmp_path):
    rows = json.loads(run("query", database, "--from", "600", "--json"))["rows"]
    run("export", database, "--out", tmp_path / "d.csv", "--from", "600")
    assert len(list(csv.DictReader((tmp_path / "d.csv").read_text().splitlines()))) == len(rows)
    run("export", database, "--out", tmp_path / "d.json", "--from", "600")
    entries = json.loads((tmp_path / "d.json").read_text())["data"]
    assert [one["attributes"]["_ionsieve_d_cm2_s"] for one in entries] == [row["D_cm2_s"] for row in rows]
    assert "near 300 K" in run("export", database, "--out", tmp_path / "prior.csv", "--prior")


@pytest.mark.parametrize("arguments", [("--out", "d.xlsx"), ("--out", "d.json", "--prior")])
def test_an_unknown_format_is_refused(run, database, arguments):
    with pytest.raises(UserError, match="--out"):
        run("export", database, *arguments)


def test_a_database_that_is_not_there_is_named_and_not_made(run, tmp_path):
    with pytest.raises(UserError, match="no such file"):
        run("query", tmp_path / "none.sqlite")
    assert not (tmp_path / "none.sqlite").exists()
