"""CASTEP's .md: times and temperatures in atomic units, files by ASE, relaxations."""

import numpy as np
import pytest

from ewald.errors import UserError
from screening.trajectory.read import read_trajectory
from tests.screening.trajectory.formats.dft.written import castep_md
from tests.screening.trajectory.formats.runs import FLAGS, FRAME_FS, argyrodite, images_of_ase


@pytest.fixture
def path(tmp_path):
    castep_md(argyrodite(20), tmp_path / "run.md")
    return tmp_path / "run.md"


def test_times_are_in_the_file(path):
    found = read_trajectory(path)
    assert found.frame_fs == pytest.approx(FRAME_FS, rel=1e-6)
    assert np.allclose(found.cell_A, 10 * np.eye(3), atol=1e-6)


def test_temperature_and_energy(tmp_path):
    from ase import units
    from ase.calculators.singlepoint import SinglePointCalculator
    from ase.io import write
    from ase.md.velocitydistribution import MaxwellBoltzmannDistribution

    images = images_of_ase(argyrodite(20))
    for i, atoms in enumerate(images):
        MaxwellBoltzmannDistribution(atoms, temperature_K=500, rng=np.random.default_rng(i))
        atoms.calc = SinglePointCalculator(atoms, free_energy=-100.0 - i, energy=-100.0 - i)
    write(tmp_path / "run.md", images, format="castep-md")
    found = read_trajectory(tmp_path / "run.md", **FLAGS)
    expected = [atoms.get_kinetic_energy() / (1.5 * len(atoms) * units.kB) for atoms in images]
    assert found.temperature_K == pytest.approx(expected, rel=1e-5)
    assert found.potential_eV == pytest.approx(-100.0 - np.arange(20), rel=1e-6)


def test_ase_counts_where_the_time_belongs(tmp_path):
    # Taken for times they would be 0.024 fs apart.
    from ase.io import write

    write(tmp_path / "run.md", images_of_ase(argyrodite(20)), format="castep-md")
    with pytest.raises(UserError, match="does not give the time"):
        read_trajectory(tmp_path / "run.md")
    assert read_trajectory(tmp_path / "run.md", **FLAGS).frame_fs == FRAME_FS


def test_a_run_that_went_on_has_another_header(path):
    whole = read_trajectory(path).positions_A
    lines = path.read_text().split("  \n")
    blocks = path.read_text().split("\n  \n")
    assert len(lines) > 3
    path.write_text("\n  \n".join([*blocks[:12], " BEGIN header\n  \n END header", *blocks[12:]]))
    assert np.array_equal(read_trajectory(path).positions_A, whole)


def test_a_frame_that_was_cut_is_refused(path):
    text = path.read_text()
    path.write_text(text[: text.rindex("<-- R")])
    with pytest.raises(UserError, match="frame 19 is truncated"):
        read_trajectory(path)


def test_a_relaxation_is_refused(tmp_path):
    from ase.io import write

    write(tmp_path / "run.geom", images_of_ase(argyrodite(20)), format="castep-geom")
    with pytest.raises(UserError, match="of a relaxation"):
        read_trajectory(tmp_path / "run.geom", **FLAGS)
