"""The same run in every format gives the same diffusivity to four digits."""

import pytest

from screening.trajectory import read_trajectory
from screening.transport import analyse
from tests.screening.trajectory.formats.runs import FLAGS, Run, argyrodite, images_of_ase, tilted
from tests.screening.trajectory.formats.written import FORMATS


@pytest.fixture(scope="module", params=["cubic", "tilted"])
def run(request):
    found = argyrodite()
    return found if request.param == "cubic" else tilted(found)


@pytest.fixture(scope="module")
def expected(run):
    return D_of(read_trajectory(images_of_ase(run, wrapped=False), **FLAGS))


def D_of(trajectory):
    return analyse(trajectory, species="Li", temperature_K=500).D_cm2_s.mean


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_diffusivity(name, run: Run, expected, tmp_path):
    file, write = FORMATS[name]
    flags = write(run, tmp_path / file)
    found = read_trajectory(tmp_path / file, **flags)
    assert found.frame_fs == pytest.approx(100.0, rel=1e-6)
    assert found.frames == len(run.path_A)
    # The positions of an XTC are rounded to 0.01 A, those of a PDB file to 0.001 A, those of an OUTCAR to 0.00001 A.
    assert D_of(found) == pytest.approx(expected, rel=2e-3 if "XTC" in name or "PDB" in name else 5e-5)
