"""Files of the density, read back by others."""

from pathlib import Path

import numpy as np
import pytest

from ewald.errors import UserError
from screening.mechanism.analysis import mechanism_and_sites
from screening.mechanism.density_file import check_density_name, write_density
from tests.screening.mechanism.hopping import hopping


@pytest.fixture(scope="module")
def found():
    run, _ = hopping(frames=500)
    return mechanism_and_sites(run, species="Li", temperature_K=500)[1], run


def test_a_cube_file_holds_every_ion(found, tmp_path):
    from ase.io.cube import read_cube

    sites, run = found
    write_density(sites, run, tmp_path / "li.cube")
    with (tmp_path / "li.cube").open() as handle:
        content = read_cube(handle)
    np.testing.assert_allclose(content["atoms"].cell.array, run.cell_A, atol=1e-3)
    voxel = content["atoms"].get_volume() / content["data"].size
    assert content["data"].sum() * voxel / 0.529177**3 == pytest.approx(9, rel=1e-3)
    np.testing.assert_array_equal(content["atoms"].numbers, run.numbers)


def test_a_chgcar_holds_every_ion(found, tmp_path):
    from pymatgen.io.vasp import Chgcar

    sites, run = found
    write_density(sites, run, tmp_path / "CHGCAR")
    content = Chgcar.from_file(str(tmp_path / "CHGCAR"))
    assert content.data["total"].mean() == pytest.approx(9, rel=1e-3)
    np.testing.assert_allclose(content.data["total"], sites.density * 729, rtol=1e-6)


def test_other_names_are_refused():
    with pytest.raises(UserError, match="neither a cube file nor a CHGCAR"):
        check_density_name(Path("density.txt"))
