"""The commands that prove and verify."""

import json

import numpy as np

from ewald.cli.main import run
from tests.ewald.proof.test_problem import random_arrays


def test_a_problem_is_proven_and_its_certificate_verified(tmp_path, capsys):
    np.savez(tmp_path / "p.npz", **random_arrays(2, [6, 4], [2, 1]))
    assert run(["prove", str(tmp_path / "p.npz"), "--out", str(tmp_path / "out"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["proven"]
    assert run(["verify", str(tmp_path / "out")]) == 0
    assert "proven to be least" in capsys.readouterr().out


def test_mistakes_are_one_line(tmp_path, capsys):
    assert run(["prove", str(tmp_path / "none.npz")]) == 2
    assert run(["verify", str(tmp_path)]) == 2
    assert all(line.startswith("ewald: ") for line in capsys.readouterr().err.splitlines())
