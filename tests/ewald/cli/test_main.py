"""The command line: output, exit codes, speed of --help."""

import json
import math
import os
import subprocess
import sys
import time

import pytest

from ewald.__main__ import main

LGPS = "screening/data/structures/ewald_cases/Li10GeP2S12.cif"


def test_count_json(cell, capsys):
    assert main(["count", cell, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["configurations"] == 36
    assert document["distinct_configurations"] == 5
    assert document["symmetry_order"] == 64
    assert document["neutral"] is True


def test_count_for_people(request, capsys):
    assert main(["count", str(request.config.rootpath / LGPS), "--couple", "Li"]) == 0
    out = capsys.readouterr().out
    assert f"{math.comb(28, 20) * 6:,}" in out
    assert "neutral                   yes" in out
    assert "charges: Li+, Ge4+, P5+, S2- (the file)" in out


def test_count_says_when_a_cell_is_charged(cell, capsys):
    assert main(["count", cell, "--charges", "Na=1,Mg=3,Cl=-1,O=-2", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["neutral"] is False
    assert document["charge_e"] == 2


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (["--keep", "0"], "at least 1"),
        (["--charges", "Na=1,Mg=3,Cl=-1,O=-2"], "not neutral"),
        (["--charges", "Na=one"], "not a charge"),
        (["--supercell", "2 2"], "not a supercell"),
        (["--supercell", "1 1 1"], "must add up"),
        (["--out", "/proc/nowhere"], "cannot write there"),
        (["--resume"], "--out"),
        (["--min-distance", "nan"], "must be a number"),
        (["--couple", "Na"], "structure file"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(cell, capsys, extra, message):
    assert main(["screen", cell, "--method", "exhaustive", *extra]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1


def test_missing_file(capsys):
    assert main(["count", "nowhere.cif"]) == 2
    assert "nowhere.cif: no such file" in capsys.readouterr().err


def test_help_and_import_load_nothing_heavy():
    code = (
        "import sys, ewald, ewald.__main__\n"
        "try: ewald.__main__.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'numpy', 'numba', 'pymatgen', 'scipy', 'mpi4py', 'spglib'} & set(sys.modules)))"
    )
    begin_s = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ})
    assert done.stdout.strip().endswith("[]")
    assert time.perf_counter() - begin_s < 5


def test_a_reader_that_stops_is_no_error(cell):
    for arguments in (["count", cell], ["--help"]):
        command = subprocess.Popen(
            [sys.executable, "-m", "ewald", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        command.stdout.close()
        assert command.stderr.read() == b""
        command.stderr.close()
        assert command.wait(timeout=60) in {0, 141}
