"""Known physics in minutes: Li diffusion in Li7La3Zr2O12 at one temperature, beside the published coefficient.

`benchmarks/llzo_nep` does the same at four temperatures and over longer runs; its rows are in benchmarks/llzo_nep.csv.
"""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPERATURE_K, PUBLISHED_D_cm2_s = 950, 8.04e-6


def rows(path: Path) -> list[dict[str, float]]:
    with path.open(newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


@pytest.mark.external
@pytest.mark.slow
def test_diffusivity_of_lithium_is_the_published_one(llzo_nep: Path, tmp_path: Path):
    kept = {row["temperature_K"]: row for row in rows(ROOT / "benchmarks/llzo_nep.csv")}[TEMPERATURE_K]
    command = [sys.executable, str(ROOT / "benchmarks/llzo_nep"), "--model", str(llzo_nep), "--ps", "50"]
    command += ["--temperatures", str(TEMPERATURE_K), "--edge", str(kept["edge_A"])]
    command += ["--folder", str(tmp_path / "run"), "--results", str(tmp_path / "found.csv")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=6000)
    # 1 says that the interval misses the published value, which one run in twenty may.
    assert done.returncode in (0, 1), done.stdout + done.stderr
    (found,) = rows(tmp_path / "found.csv")
    assert found["edge_A"] == kept["edge_A"]
    # 40 ps of 56 ions know D to a factor of two, and another machine's rounding makes another run.
    assert PUBLISHED_D_cm2_s / 3 < found["D_cm2_s"] < PUBLISHED_D_cm2_s * 3
    assert found["D_low95_cm2_s"] / 1.5 < PUBLISHED_D_cm2_s < found["D_high95_cm2_s"] * 1.5
    assert found["D_high95_cm2_s"] < 10 * found["D_low95_cm2_s"]
