"""A space written out is the same space when read."""

import pytest
import yaml
from pymatgen.core import Lattice, Structure

from ewald import ConfigurationSpace, screen
from ewald.cli.main import run
from ewald.io.structure import from_structure
from ewald.io.write_space import space_text


@pytest.fixture
def space():
    crystal = Structure(
        Lattice.orthorhombic(4, 4.5, 5),
        [{"Li": 0.7, "Al": 0.2}, {"Li": 0.7}, "O"],
        [[0, 0, 0], [0.5, 0.5, 0.2], [0.5, 0.5, 0.7]],
    )
    return from_structure(crystal, supercell="2 2 2")


def test_the_space_comes_back(space, tmp_path):
    (shared,) = space.variable_sublattices
    assert shared.only
    file = tmp_path / "space.yaml"
    file.write_text(space_text(space))
    again = ConfigurationSpace.from_file(file)
    assert again.configurations == space.configurations
    assert again.distinct_configurations() == space.distinct_configurations()
    assert again.closest_A == space.closest_A
    one, other = screen(space, keep=2), screen(again, keep=2)
    assert [a.energy_eV for a in one.lowest] == pytest.approx([a.energy_eV for a in other.lowest])
    assert "# Li is taken for the mobile ion" in file.read_text()


def test_the_command_writes_it(tmp_path, capsys):
    crystal = Structure(Lattice.cubic(4), [{"Na": 0.5, "K": 0.5}, "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    crystal.to(filename=str(tmp_path / "salt.cif"))
    assert run(["count", str(tmp_path / "salt.cif"), "--write-space", str(tmp_path / "salt.yaml")]) == 0
    first = capsys.readouterr().out.splitlines()[-5:]
    assert run(["count", str(tmp_path / "salt.yaml")]) == 0
    assert capsys.readouterr().out.splitlines()[-5:] == first


def test_site_energies_are_added_to_the_space_of_a_crystal_file(tmp_path):
    crystal = Structure(Lattice.cubic(4), [{"Na": 0.5, "K": 0.5}, "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    plain = from_structure(crystal, supercell="1 1 4")
    content = yaml.safe_load(space_text(plain))
    (mixed,) = (entry for entry in content["sublattices"] if len(entry["counts"]) == 2)
    mixed["site_energies_eV"] = {"Na": [0.0, 0.3, 0.1, 0.2]}
    (tmp_path / "space.yaml").write_text(yaml.safe_dump(content))
    space = ConfigurationSpace.from_file(tmp_path / "space.yaml")
    best = screen(space, keep=1).lowest[0]
    na = {name: k for k, name in enumerate(space.variable_sublattices[0].species)}["Na+"]
    chosen = [k for k, species in enumerate(best.occupation[space.form.sites]) if species == na]
    assert chosen == [0, 2]
    assert best.energy_eV == pytest.approx(screen(plain, keep=1).lowest[0].energy_eV + 0.1)
