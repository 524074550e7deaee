"""Files of all, random and Boltzmann-weighted arrangements."""

import csv
import json
from types import SimpleNamespace

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


def written(tmp_path, *options, cell=CELL):
    (tmp_path / "cell.yaml").write_text(cell)
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


def test_a_sample_is_drawn_from_all_where_they_are_few(tmp_path, capsys):
    rows, result = written(tmp_path, "--write", "boltzmann:500@30000", "--keep", "2", "--missing", "0")
    assert sum(int(row["drawn"]) for row in rows) == 500
    energies = [float(row["energy_eV"]) for row in rows]
    assert energies == sorted(energies)
    assert f"drawn from all {result['distinct_configurations']} distinct arrangements" in capsys.readouterr().out


def test_the_lowest_grow_until_little_weight_is_missing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("ewald.cli.write._MOST_VISITED", 0)
    rows, result = written(tmp_path, "--write", "boltzmann:500@30000", "--keep", "2", "--missing", "0")
    assert sum(int(row["drawn"]) for row in rows) == 500
    assert len(result["lowest"]) == 2
    assert f"drawn from the {result['distinct_configurations']} lowest" in capsys.readouterr().out


def test_a_sample_that_needs_no_more_takes_what_there_is(tmp_path, capsys):
    rows, _ = written(tmp_path, "--write", "boltzmann:50@300", "--keep", "2", "--missing", "0.9")
    assert sum(int(row["drawn"]) for row in rows) == 50
    assert "drawn from the 2 lowest at 300 K; all others have at most" in capsys.readouterr().out


def test_the_highest_symmetry_first(tmp_path):
    salt = CELL.replace("0.5, 0.5, 0.4", "0.5, 0.5, 0.5").replace("4.2", "4").replace("4.4", "4")
    rows, _ = written(tmp_path, "--write", "all", "--order", "symmetry", cell=salt)
    copies = [int(row["copies"]) for row in rows]
    assert copies == sorted(copies)
    assert len(set(copies)) > 1
    plain, _ = written(tmp_path, "--write", "all", cell=salt)
    assert sorted((r["energy_eV"], r["copies"]) for r in rows) == sorted((r["energy_eV"], r["copies"]) for r in plain)


def test_more_files_than_a_folder_holds_go_into_several(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("ewald.cli.write._FOLDER", 4)
    rows, result = written(tmp_path, "--write", "all")
    assert [row["file"].split("/")[0] for row in rows[3:6]] == ["0000", "0001", "0001"]
    assert len(rows) == result["distinct_configurations"]
    assert "(36 with their symmetry copies)" in capsys.readouterr().out


def test_files_that_the_disk_cannot_hold_are_refused_at_once(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=20_000))
    (tmp_path / "cell.yaml").write_text(CELL)
    assert main(["screen", str(tmp_path / "cell.yaml"), "--out", str(tmp_path / "out"), "--write", "all"]) == 2
    assert "files need" in capsys.readouterr().err
    assert not (tmp_path / "out" / "arrangements" / "arrangements.csv").exists()


def test_a_sample_without_enough_weight_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("ewald.cli.write._MOST_KEPT", 3)
    monkeypatch.setattr("ewald.cli.write._MOST_VISITED", 0)
    written(tmp_path, "--write", "boltzmann:50@30000", "--keep", "2")
    assert "WARNING: drawn from the 3 lowest" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["some", "random", "random:0", "boltzmann:5", "boltzmann:5@0", "all:3"])
def test_other_choices_are_refused(text):
    with pytest.raises(UserError, match="no such choice"):
        parse_mode(text)


def test_a_directory_is_needed(tmp_path, capsys):
    (tmp_path / "cell.yaml").write_text(CELL)
    assert main(["screen", str(tmp_path / "cell.yaml"), "--write", "all"]) == 2
    assert "give --out" in capsys.readouterr().err
