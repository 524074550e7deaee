"""The command ``ewald screen``: what it writes, and its exit code where nothing was found."""

import dataclasses
import json

import pytest

from ewald.__main__ import main
from ewald.cli import screen as command
from ewald.cli.screen import NOTHING_FOUND

SPINEL = "screening/data/structures/ewald_cases/MgAl2O4.cif"


@pytest.mark.parametrize("method", ["auto", "exact", "exhaustive", "sample"])
def test_screen_writes_what_it_says(cell, tmp_path, capsys, method):
    out = tmp_path / method
    assert main(["screen", cell, "--method", method, "--keep", "5", "--out", str(out), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == json.loads((out / "result.json").read_text())
    assert sum(entry["multiplicity"] for entry in document["lowest"]) == 36
    assert document["certified"] is (method != "sample")
    assert all((out / entry["file"]).is_file() for entry in document["lowest"])
    assert (out / "histogram.csv").is_file() is (method == "exhaustive")
    energies = [entry["energy_eV"] for entry in document["lowest"]]
    assert energies == sorted(energies)


def test_an_exhaustive_search_takes_no_time_limit(cell, capsys):
    assert main(["screen", cell, "--method", "exhaustive", "--time-limit", "20"]) == 2
    said = capsys.readouterr().err
    assert "--time-limit = '20': an exhaustive search has no time limit" in said
    assert "--resume" in said


def test_screen_for_people(cell, capsys):
    assert main(["screen", cell, "--keep", "2"]) == 0
    captured = capsys.readouterr()
    assert "certified: proven to be the lowest" in captured.out
    assert captured.err == ""


def test_without_symmetry_copies_are_apart(cell, capsys):
    assert main(["screen", cell, "--keep", "36", "--no-symmetry", "--method", "exhaustive", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert len(document["lowest"]) == 36
    assert {entry["multiplicity"] for entry in document["lowest"]} == {1}


def test_the_usual_number_of_arrangements_gives_way_where_there_are_fewer(capsys):
    assert main(["screen", SPINEL, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["lowest"]) == 1
    assert main(["screen", SPINEL, "--keep", "3", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["lowest"]) == 1


@pytest.fixture
def nothing(monkeypatch):
    """Let every search end without an arrangement; returns a function that says whether it proved that none exists."""
    real = command.screen

    def search(proven):
        def empty(space, **settings):
            found = dataclasses.replace(
                real(space, **settings), lowest=(), certified=proven, bound_eV=None, gap_eV=None
            )
            return found if settings.get("out") is None else found.write(settings["out"])

        monkeypatch.setattr(command, "screen", empty)
        monkeypatch.setattr("ewald.cli.neutral.screen", empty)

    return search


@pytest.mark.parametrize("proven", [False, True])
def test_a_search_that_finds_nothing_has_an_exit_code_of_its_own(cell, capsys, tmp_path, nothing, proven):
    nothing(proven)
    out = tmp_path / "out"
    assert main(["screen", cell, "--out", str(out), "--certificate"]) == NOTHING_FOUND
    captured = capsys.readouterr()
    assert ("--min-distance" if proven else "--time-limit") in captured.out
    assert "no certificate: no arrangement was found" in captured.err
    assert not (out / "certificate.npz").exists()
    assert json.loads((out / "result.json").read_text())["lowest"] == []


def test_what_does_not_exist_is_not_written(cell, capsys, tmp_path, nothing):
    nothing(proven=True)
    for mode in ("all", "random:2", "boltzmann:2@300"):
        assert main(["screen", cell, "--out", str(tmp_path / "out"), "--write", mode]) == NOTHING_FOUND
        assert f"nothing to write for {mode}: no arrangement exists" in capsys.readouterr().out
    assert not (tmp_path / "out" / "arrangements").exists()


def test_all_and_random_ones_need_no_lowest(cell, capsys, tmp_path, nothing):
    nothing(proven=False)
    assert main(["screen", cell, "--out", str(tmp_path / "out"), "--write", "all"]) == NOTHING_FOUND
    assert "5 arrangements (36 with their symmetry copies) written" in capsys.readouterr().out
    assert main(["screen", cell, "--out", str(tmp_path / "out"), "--write", "boltzmann:2@300"]) == NOTHING_FOUND
    assert "drawn from all 5 distinct arrangements at 300 K" in capsys.readouterr().out


def test_spaces_of_free_numbers_share_the_exit_code(cell, capsys, tmp_path, nothing):
    free = ["screen", cell, "--free", "M", "--free", "X"]
    assert main(free) == 0
    nothing(proven=False)
    assert main(free) == NOTHING_FOUND
    for option in (["--certificate"], ["--write", "all"]):
        assert main([*free, "--out", str(tmp_path / "out"), *option]) == 2
        assert f"{option[0]}" in capsys.readouterr().err


def test_a_crystal_without_choice_has_no_certificate(capsys, tmp_path):
    assert main(["screen", SPINEL, "--out", str(tmp_path), "--certificate"]) == 0
    assert "no certificate: there is only one arrangement" in capsys.readouterr().err
