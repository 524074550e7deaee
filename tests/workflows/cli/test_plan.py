import csv
import json
from pathlib import Path

import typer
from typer.testing import CliRunner

from ewald.errors import UserError
from workflows.cli import plan

QUICKSTART = Path(__file__).parents[3] / "configs" / "quickstart.yaml"


def run(*arguments):
    app = typer.Typer()
    plan.register(app)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_plan_as_json_holds_exact_counts():
    document = json.loads(run("plan", QUICKSTART, "--json").output)
    first = document["compositions"][1]
    assert {
        "mother",
        "formula",
        "supercell",
        "ions",
        "compensation",
        "configurations",
        "distinct_configurations",
    } <= set(first)
    assert (first["formula"], first["configurations"]) == ("Na2.75Sb0.75W0.25S4", 48)
    assert document["totals"]["configurations"] == sum(c["configurations"] for c in document["compositions"])


def test_the_plan_as_a_table_and_csv(tmp_path):
    result = run("plan", QUICKSTART, "--csv", tmp_path / "sub" / "plan.csv")
    assert result.exit_code == 0
    assert "Oxidation states of Na3SbS4: Na+, S2-, Sb5+ (from the file)" in result.output
    assert "3 compositions" in result.output
    rows = list(csv.DictReader((tmp_path / "sub" / "plan.csv").read_text().splitlines()))
    assert [row["id"] for row in rows] == ["Na3SbS4-undoped", "Na3SbS4-W0.25-vac", "Na3SbS4-W0.5-vac"]


def test_the_screen_writes_the_lowest_arrangements_and_goes_on_where_it_was(tmp_path):
    first = json.loads(run("screen", QUICKSTART, "--out", tmp_path, "--json").stdout)
    assert all(entry["certified"] for entry in first["compositions"])
    lowest = first["compositions"][1]["lowest"]
    assert [entry["energy_eV"] for entry in lowest] == sorted(entry["energy_eV"] for entry in lowest)
    assert (tmp_path / lowest[0]["file"]).exists()
    rows = list(csv.DictReader((tmp_path / "lowest.csv").read_text().splitlines()))
    assert len(rows) == sum(len(entry["lowest"]) for entry in first["compositions"])
    assert json.loads(run("screen", QUICKSTART, "--out", tmp_path, "--json").stdout) == first


def test_a_missing_campaign_is_a_users_mistake():
    result = run("plan", "nowhere.yaml")
    assert isinstance(result.exception, UserError)
    assert "nowhere.yaml" in str(result.exception)


def test_the_plan_lists_the_kinds_of_voids(tmp_path):
    path = tmp_path / "silicon.yaml"
    path.write_text(
        "name: silicon\nmothers: [{structure: Na3PS4_tet_exp, name: Na3PS4, mobile: Na}]\n"
        "doping: [{site: P, dopants: [Si4+, W6+], levels: [1/2]}]\n"
        "supercell: {target_ions: 32, max_ions: 40}\nengine: {preset: toy}\n"
    )
    document = json.loads(run("plan", path, "--json").output)
    assert [(kind["sites"], kind["anion"], round(kind["anion_distance_A"], 1)) for kind in document["voids"]] == [
        (8, "S", 2.1),
        (8, "S", 2.2),
    ]
    assert document["voids"] == sorted(document["voids"], key=lambda kind: kind["site_energy_eV"])
    table = run("plan", path).output
    assert "Void sites for interstitial ions" in table
    assert "S 2.15 A" in table
    path.write_text(path.read_text().replace("Si4+, W6+", "W6+"))
    assert json.loads(run("plan", path, "--json").output)["voids"] == []
