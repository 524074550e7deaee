"""YAML space files."""

import math

import pytest

from ewald import ConfigurationSpace
from ewald.errors import UserError

ROCK_SALT = """
lattice: [[5.6, 0, 0], [0, 5.6, 0], [0, 0, 5.6]]
supercell: 1 1 2
charges: {Na: 1, Mg: 2, Cl: -1}
sublattices:
  - {name: cations, frac_coords: [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]], counts: CATIONS}
  - name: anions
    frac_coords: [[0.5, 0, 0], [0.5, 0.5, 0.5], [0, 0, 0.5], [0, 0.5, 0]]
    counts: {Cl: all}
"""


def write(tmp_path, text):
    path = tmp_path / "space.yaml"
    path.write_text(text)
    return path


def test_three_species_on_one_sublattice(tmp_path):
    space = ConfigurationSpace.from_file(write(tmp_path, ROCK_SALT.replace("CATIONS", "{Na: 4, Mg: 2, vacancy: 2}")))
    assert space.neutral
    assert space.configurations == math.factorial(8) // (24 * 2 * 2)
    assert space.sublattices[0].species == ("Na+", "Mg2+", "vacancy")


def test_balance(tmp_path):
    space = ConfigurationSpace.from_file(
        write(tmp_path, ROCK_SALT.replace("CATIONS", "{Mg: balance, vacancy: balance}"))
    )
    assert space.sublattices[0].counts == (4, 4)


def test_occupancies(tmp_path):
    text = ROCK_SALT.replace("counts: CATIONS", "occupancies: {Na: 0.5, Mg: 0.25}")
    assert ConfigurationSpace.from_file(write(tmp_path, text)).sublattices[0].counts == (4, 2, 2)


def test_options_go_before_the_file(tmp_path):
    text = ROCK_SALT.replace("counts: CATIONS", "occupancies: {Na: 0.5, Mg: 0.25}")
    assert len(ConfigurationSpace.from_file(write(tmp_path, text), supercell="2 2 2")) == 64


def test_refining_a_structure_file(tmp_path, request):
    case = request.config.rootpath / "screening/data/structures/ewald_cases/Li10GeP2S12.cif"
    (tmp_path / "lgps.cif").write_text(case.read_text())
    space = ConfigurationSpace.from_file(write(tmp_path, "structure: lgps.cif\ncouple: [Li]\n"))
    assert space.configurations == math.comb(28, 20) * 6


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("structure: nowhere.cif", "no such file"),
        ("[1, 2", "not valid YAML"),
        ("colour: red", "colour"),
        ("lattice: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]", "sublattices beside it"),
        (ROCK_SALT.replace("CATIONS", "{Na: 4, K: 4}"), "a species without a charge"),
        (ROCK_SALT.replace("counts: CATIONS", "occupancy: {Na: 1}"), r"occupancy: unknown key .*occupancies"),
        (ROCK_SALT.replace("CATIONS", "{Na: all}") + "cuple: [Na]\n", r"cuple: unknown key .*couple"),
        (ROCK_SALT.replace("CATIONS", "{Na: 4, Mg: 2}"), "must add up to its 8 sites"),
        (ROCK_SALT.replace("CATIONS", "{Na: all}").replace("[0, 0.5, 0.5]", "[0, .nan, 0.5]"), "finite"),
        (
            "lattice: [[5, 0, 0], [0, 5, 0], [0, 0, 5]]\nsublattices: [{name: A, frac_coords: [], counts: {Na: 1}}]",
            "empty sublattice",
        ),
    ],
)
def test_mistakes_are_one_line_that_names_the_file(tmp_path, text, message):
    with pytest.raises(UserError, match=message) as caught:
        ConfigurationSpace.from_file(write(tmp_path, text))
    assert "space.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)
