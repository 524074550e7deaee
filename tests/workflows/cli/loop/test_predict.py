import json

import pytest
import typer
from typer.testing import CliRunner

from tests.made_up_conductivities import shipped
from workflows.cli.loop import predict
from workflows.loop import prior as module

pytest.importorskip("sklearn")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(module, "shipped_measurements", shipped)

    def invoke(*arguments):
        app = typer.Typer()
        predict.register(app)
        app.command("other")(lambda: None)
        return CliRunner().invoke(app, ["predict", *arguments])

    return invoke


def test_formulas_are_predicted_with_interval_and_probability(run):
    document = json.loads(run("Li3PS4", "Li3PO4", "--json", "--above", "0.01").stdout)
    sulfide, oxide = document["predictions"]
    assert sulfide["low90"] < sulfide["log10_sigma_S_cm"] < sulfide["high90"]
    assert sulfide["probability_above"] > oxide["probability_above"]
    assert document["held_out"]["measurements"] == 120


def test_the_compositions_of_a_campaign_are_predicted_and_said_to_be_outside(run):
    result = run("quickstart")
    assert "Na3SbS4-W0.25-vac" in result.stdout
    assert "no conductor of Na was learned from" in result.stdout
    assert "no verdict" in result.stdout


def test_a_table_shows_mS_cm(run):
    assert "P(above 1 mS/cm)" in run("Li3PS4").stdout
