"""Text and JSON of one answer say the same."""

import json

import numpy as np
import pytest

from screening.campaign.stages import VerdictRule
from screening.transport.analysis import analyse
from tests.screening.transport.walks import lattice_walk, trajectory
from workflows.cli.trajectory.diffusivity_output import Answer


def result(kelvin, rate, seed=0):
    rng = np.random.default_rng(seed)
    return analyse(trajectory(rng, lattice_walk(rng, hops_per_ps=rate)), species="Na", temperature_K=kelvin)


@pytest.fixture(scope="module")
def hot_and_cold():
    return Answer.of([[result(800.0, 0.2), result(800.0, 0.2, 1)], [result(600.0, 0.05)]], VerdictRule(), 300.0)


def test_several_temperatures_have_a_line(hot_and_cold):
    document = json.loads(hot_and_cold.json())
    assert [run["replicas"] for run in document["runs"]] == [2, 1]
    energy = document["activation_energy_eV"]
    assert energy["low95"] < 0.287 < energy["high95"]  # k ln(4) / (1/600 - 1/800)
    text = hot_and_cold.text()
    assert f"activation energy   {energy['mean']:.3g} (95 %" in text
    assert "2 replicas" in text
    assert f"verdict             {document['verdict']} against 1 mS/cm at" in text


def test_one_temperature_has_its_keys_in_order():
    answer = Answer.of([[result(600.0, 0.05)]], VerdictRule(), 300.0)
    document = json.loads(answer.json())
    assert list(document)[:5] == ["D_cm2_s", "tensor_cm2_s", "D_charge_cm2_s", "haven_ratio", "sigma_mS_cm"]
    assert answer.fit is None
    assert "activation energy" not in answer.text()
    assert document["warnings"] == list(answer.warnings)
    assert answer.text().count("warning: ") == len(answer.warnings)
