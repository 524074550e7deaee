import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "md_schedule"


@pytest.mark.slow
def test_a_small_population_keeps_its_clear_conductors_for_fewer_steps(tmp_path):
    # A wide spread: hardly a candidate lies near the threshold, so both schedules must find the truth.
    command = [sys.executable, SCRIPT, "--candidates", "6", "--decades", "6", "--share-above", "0.4", "--seed", "2"]
    subprocess.run([*command, "--json", tmp_path / "found.json"], check=True, capture_output=True)
    found = json.loads((tmp_path / "found.json").read_text())
    assert 0 < found["truly above"] < 6
    assert (
        found["fixed: survivors"] == found["adaptive: survivors"] == found["survivors of both"] == found["truly above"]
    )
    assert found["share of the fixed schedule's steps"] < 1 / 3


@pytest.mark.slow
def test_turns_give_compositions_the_same_verdicts_for_fewer_steps(tmp_path):
    command = [sys.executable, SCRIPT, "--candidates", "3", "--decades", "6", "--share-above", "0.6", "--seed", "2"]
    subprocess.run(
        [*command, "--arrangements", "2", "--json", tmp_path / "found.json"], check=True, capture_output=True
    )
    found = json.loads((tmp_path / "found.json").read_text())
    everything, turns = found["all"], found["in turn"]
    assert 0 < turns["passed"] == everything["passed"]
    assert turns["failed"] == everything["failed"]
    assert turns["steps"] < everything["steps"]
    assert turns["arrangements"] == 6 - turns["passed"] == everything["arrangements"] - turns["passed"]
