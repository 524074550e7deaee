"""Files of all, random and Boltzmann-weighted arrangements."""

import csv
import json

import pytest

from ewald.__main__ import main
from ewald.cli.write import parse_mode
from ewald.errors import UserError

CELL = """
lattice: [[4, 0, 0], [0, 4.2, 0], [0, 0, 4.4]]
supercell: 2 2 1
charges: {Na: 1, Mg: 2, Cl: -1, O: -2}
sublattices:
  - {name: M, frac_coords: [[0, 0, 0]], counts: {Na: 2, Mg: 2}}
  - {name: X, frac_coords: [[0.5, 0.5, 0.4]], counts: {Cl: 2, O: 2}}
"""


def written(tmp_path, *options):
    (tmp_path / "cell.yaml").write_text(CELL)
    assert main(["screen", str(tmp_path / "cell.yaml"), "--out", str(tmp_path / "out"), *options]) == 0
    with (tmp_path / "out" / "arrangements" / "arrangements.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert all((tmp_path / "out" / "arrangements" / row["file"]).is_file() for row in rows)
    return rows, json.loads((tmp_path / "out" / "result.json").read_text())


def test_all(tmp_path):
    rows, result = written(tmp_path, "--write", "all", "--keep", "50")
    assert len(rows) == result["distinct_configurations"] == len(result["lowest"])
    assert sum(int(row["copies"]) for row in rows) == result["configurations"] == 36
    energies = sorted(float(row["energy_eV"]) for row in rows)
    assert energies == pytest.approx([entry["energy_eV"] for entry in result["lowest"]])


def test_random(tmp_path):
    rows, _ = written(tmp_path, "--write", "random:3", "--seed", "5", "--format", "extxyz")
    assert [row["file"] for row in rows] == [f"arrangement-00000{k}.xyz" for k in (1, 2, 3)]


def test_boltzmann(tmp_path, capsys):
    rows, _ = written(tmp_path, "--write", "boltzmann:50@30000", "--keep", "2")
    assert sum(int(row["drawn"]) for row in rows) == 50
    assert "of the weight" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["some", "random", "random:0", "boltzmann:5", "boltzmann:5@0", "all:3"])
def test_other_choices_are_refused(text):
    with pytest.raises(UserError, match="no such choice"):
        parse_mode(text)


def test_a_directory_is_needed(tmp_path, capsys):
    (tmp_path / "cell.yaml").write_text(CELL)
    assert main(["screen", str(tmp_path / "cell.yaml"), "--write", "all"]) == 2
    assert "give --out" in capsys.readouterr().err
