import json

import numpy as np
import pytest
import yaml

import ewald
from ewald.cli.main import run
from ewald.errors import StructureError, UserError
from ewald.io.with_pairs import read_pairs, with_pairs

SPACE = {
    "lattice": [[5.6, 0, 0], [0, 5.6, 0], [0, 0, 5.6]],
    "charges": {"Na": 1, "Ag": 1, "Cl": -1},
    "sublattices": [
        {
            "name": "M",
            "frac_coords": [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]],
            "counts": {"Na": 2, "Ag": 2},
        },
        {
            "name": "Cl",
            "frac_coords": [[0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5], [0.5, 0.5, 0.5]],
            "counts": {"Cl": "all"},
        },
    ],
}
TERMS = {"cutoff_A": 5.0, "terms": [{"between": ["Ag", "Ag"], "born_mayer": {"A_eV": 20, "rho_A": 1.0}}]}


def written(folder, content, name="space.yaml"):
    path = folder / name
    path.write_text(yaml.safe_dump(content))
    return path


def test_a_space_file_gives_pair_terms(tmp_path):
    plain = ewald.from_file(written(tmp_path, SPACE))
    space = ewald.from_file(written(tmp_path, SPACE | {"pairs": TERMS}))
    assert space.pairs == read_pairs(TERMS)
    assert any("pair terms Ag-Ag" in note for note in space.notes)
    r = 5.6 / np.sqrt(2)
    for occupation in ([0, 0, 1, 1], [1, 0, 0, 1]):
        # Each Ag has four of the other's images at this distance, counted once per pair.
        added = 4 * 20 * np.exp(-r)
        assert space.form.energy(occupation) == pytest.approx(plain.form.energy(occupation) + added, abs=1e-9)


def test_what_the_caller_gives_goes_before_the_file(tmp_path):
    other = {"permittivity": 4}
    path = written(tmp_path, SPACE | {"pairs": TERMS})
    assert ewald.from_file(path, pairs=other).pairs == read_pairs(other)
    assert ewald.from_file(path, pairs=written(tmp_path, {"pairs": other}, "pairs.yaml")).pairs == read_pairs(other)


def test_site_energies_follow_their_sites_into_the_supercell(tmp_path):
    energies = [0.0, 0.25, 0.5, 0.75]
    content = json.loads(json.dumps(SPACE))
    content["sublattices"][0] |= {"site_energies_eV": {"Ag": energies}, "counts": {"Na": 4, "Ag": 4}}
    space = ewald.from_file(written(tmp_path, content | {"supercell": "2 1 1"}))
    for site, energy in enumerate(space.site_energies_eV["Ag"][:8]):
        inside = space.frac_coords[site] * [2, 1, 1] % 1
        original = SPACE["sublattices"][0]["frac_coords"].index(np.round(inside, 6).tolist())
        assert energy == energies[original]
    assert not space.site_energies_eV["Ag"][8:].any()


def test_a_wrong_number_of_site_energies_is_refused(tmp_path):
    content = json.loads(json.dumps(SPACE))
    content["sublattices"][0]["site_energies_eV"] = {"Ag": [0.1]}
    with pytest.raises(StructureError, match="one number for each"):
        ewald.from_file(written(tmp_path, content))


def test_born_mayer_by_name_covers_the_ions_that_are_there(tmp_path):
    space = ewald.from_file(written(tmp_path, SPACE | {"pairs": "born_mayer"}))
    assert {term.between for term in space.pairs.terms} == {("Ag+", "Cl-"), ("Cl-", "Na+")}
    assert with_pairs(space, None) is space


def test_mistakes_name_file_and_field(tmp_path):
    wrong = {"terms": [{"between": ["Ag", "Agg"], "born_mayer": {"A_eV": 20, "rho_A": 1.0}}]}
    with pytest.raises(UserError, match=r"space\.yaml.*Agg.*choose among"):
        ewald.from_file(written(tmp_path, SPACE), pairs=wrong)
    with pytest.raises(UserError, match=r"born_mayer"):
        ewald.from_file(written(tmp_path, SPACE), pairs="born_meyer")
    with pytest.raises(UserError, match=r"pairs"):
        ewald.from_file(written(tmp_path, SPACE | {"pairs": {"epsilon": 3}}))


def test_the_command_takes_pair_terms_and_finds_what_they_change(tmp_path, capsys):
    term = {"between": ["Ag", "Ag"], "table": {"r_A": [1, 4.2, 4.3], "energy_eV": [-2, -2, 0]}}
    pairs = written(tmp_path, {"terms": [term]}, "pairs.yaml")
    arguments = ["screen", str(written(tmp_path, SPACE)), "--keep", "1", "--json", "--pairs", str(pairs)]
    assert run(arguments) == 0
    low = json.loads(capsys.readouterr().out)["lowest"][0]["energy_eV"]
    assert run([*arguments[:-2]]) == 0
    assert low < json.loads(capsys.readouterr().out)["lowest"][0]["energy_eV"] - 7
