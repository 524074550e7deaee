import json
from functools import partial

import pytest

from workflows.cli.loop import predict

pytest.importorskip("sklearn")


@pytest.fixture
def run(invoke):
    return partial(invoke, predict, "predict")


def test_formulas_are_predicted_with_interval_and_probability(run):
    document = json.loads(run("Li3PS4", "Li3PO4", "--json", "--above", "0.01").stdout)
    sulfide, oxide = document["predictions"]
    assert sulfide["low90"] < sulfide["log10_sigma_S_cm"] < sulfide["high90"]
    assert sulfide["probability_above"] > oxide["probability_above"]
    assert document["held_out"]["measurements"] == 120


def test_the_compositions_of_a_campaign_are_predicted_and_said_to_be_outside(run):
    result = run("quickstart")
    assert "Na3SbS4-W0.25-vac" in result.stdout
    assert "the training data contain no conductor of Na" in result.stdout
    assert "are not verdicts" in result.stdout


def test_a_table_shows_mS_cm(run):
    assert "P(above 1 mS/cm)" in run("Li3PS4").stdout
