"""How other programs' ends are told."""

import sys
from pathlib import Path

from benchmarks.obelix_open.peers import attempt, commands


def test_ends_are_told_by_exit_code_error_and_time():
    assert attempt([sys.executable, "-c", ""], 60) == "ok"
    assert attempt([sys.executable, "-c", "raise ValueError('no charges')"], 60) == "ValueError: no charges"
    assert attempt([sys.executable, "-c", "raise SystemExit(3)"], 60) == "exit code 3"
    assert attempt([sys.executable, "-c", "import time; time.sleep(60)"], 0.5) == "out of time"


def test_programs_get_the_file_and_nothing_to_choose():
    found = commands(Path("x.cif"), "shry", None)
    assert set(found) == {"pymatgen", "SHRY"}
    assert found["SHRY"][:2] == ["shry", "x.cif"]
