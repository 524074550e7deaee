"""Free numbers of ions on the command line: each neutral choice on its own, with a name of its own."""

import json
import math

import numpy as np
import pytest

from ewald.__main__ import main
from ewald.cli.neutral import _free_names, count, label, numbers
from ewald.io.read import neutral_spaces
from ewald.search import brute_force as reference
from tests.ewald.io.test_neutral import YAML, crystal, expected_amounts

__all__ = ["crystal"]


@pytest.fixture
def spaces(crystal):
    return neutral_spaces(crystal, ["Na", "Mg"], supercell="1 1 2", couple=["Na", "Cl"])


def test_names_are_those_of_the_sublattices_whose_numbers_differ(spaces):
    names = _free_names(spaces)
    assert names == ["Na", "Mg/Al"]
    # One space alone has nothing that differs: all that vary are named.
    assert _free_names(spaces[:1]) == [s.name for s in spaces[0].variable_sublattices]


def test_labels_tell_spaces_apart_and_are_names_of_folders(spaces):
    names = _free_names(spaces)
    labels = [label(space, names) for space in spaces]
    assert len(set(labels)) == len(spaces) > 1
    assert not any(set(name) & set("/\\ :") for name in labels)
    for space, name in zip(spaces, labels, strict=True):
        told = numbers(space, names)
        assert name == "-".join(f"{ion}_{n}" for counts in told.values() for ion, n in counts.items() if n)


def test_the_table_and_the_document_add_up(spaces):
    document = json.loads(count(spaces, as_json=True))
    assert document["configurations"] == sum(space.configurations for space in spaces)
    assert [entry["configurations"] for entry in document["spaces"]] == [space.configurations for space in spaces]
    table = count(spaces, as_json=False)
    assert f"{len(spaces)} neutral choices" in table
    assert all(label(space, _free_names(spaces)) in table for space in spaces)
    assert math.prod(s.configurations for s in spaces[0].sublattices) == spaces[0].configurations


def test_the_command_counts_and_screens_each(tmp_path, capsys):
    path = tmp_path / "free.yaml"
    path.write_text(YAML.replace("VACANCY", "free"))
    assert main(["count", str(path), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["configurations"] == sum(
        math.comb(4, na) * math.comb(2, al) * math.comb(4, cl) for na, al, cl in expected_amounts(2)
    )
    out = tmp_path / "out"
    assert main(["screen", str(path), "--out", str(out), "--keep", "2", "--json"]) == 0
    screened = json.loads(capsys.readouterr().out)
    assert screened == json.loads((out / "spaces.json").read_text())
    assert [entry["label"] for entry in screened["spaces"]] == [entry["label"] for entry in document["spaces"]]
    for entry, space in zip(screened["spaces"], neutral_spaces(path), strict=True):
        assert entry["certified"]
        assert len(entry["lowest"]) == min(2, space.distinct_configurations())
        assert np.isclose(entry["lowest"][0]["energy_eV"], reference.search(space.form, space.group, 1).lowest[0][0])
        assert (out / entry["label"] / "result.json").is_file()
    assert main(["screen", str(path), "--balance", "Na", "--free", "Na"]) == 2
    assert "exclude one another" in capsys.readouterr().err
