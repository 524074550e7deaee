"""Every example script runs to its end in an empty folder and says what it promises."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
# One line that only a right answer prints.
SAYS = {
    "analyse_a_trajectory": "verdict   pass",
    "boltzmann_average": "all equally likely: entropy 8.953 kB",
    "count_and_screen_a_cif": "396 arrangements, 57 of them distinct",
    "find_a_supercell": "cubicity 1.000",
    "hull_of_a_few_entries": "Na3PS4 -> 1.5 Na2S + 0.5 P2S5",
    "plan_a_doping": "not neutral: Sn4+ 1/4 on Sb5+",
    "prove_against_visiting_all": "the same list both ways",
    "rank_a_finished_campaign": "long_md: ",
    "use_your_own_potential": "converged: True",
    "write_a_space_by_hand": "71344640 arrangements, 52231 distinct",
}


def test_every_script_is_tested():
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(SAYS)


@pytest.mark.slow
@pytest.mark.parametrize("name", SAYS)
def test_script_runs(name, tmp_path):
    search = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": search, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert SAYS[name] in done.stdout


def test_scripts_are_short():
    for path in EXAMPLES.glob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 70, path.name
