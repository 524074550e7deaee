"""vasprun.xml and OUTCAR: their time step, and runs of machine-learned force fields."""

import re

import pytest

from ewald.errors import UserError
from screening.trajectory.formats.dft.vasp import read_outcar, read_vasprun
from screening.trajectory.formats.hints import Hints
from screening.trajectory.formats.opening import Source
from screening.trajectory.read import read_trajectory
from tests.screening.trajectory.formats.dft.written import outcar, vaspout, vasprun
from tests.screening.trajectory.formats.runs import argyrodite


def test_the_time_step_of_the_file_is_taken_and_must_not_be_contradicted(tmp_path):
    for name, write in (("vasprun.xml", vasprun), ("OUTCAR", outcar)):
        write(argyrodite(20), tmp_path / name)
        assert read_trajectory(tmp_path / name).frame_fs == 100
        with pytest.raises(UserError, match=r"100 fs of time step.*says 2"):
            read_trajectory(tmp_path / name, timestep_fs=2)
        with pytest.raises(UserError, match="100 fs apart"):
            read_trajectory(tmp_path / name, every=10)


def test_learned_force_fields_do_not_say_which_steps_they_hold(tmp_path):
    path = tmp_path / "vasprun.xml"
    vasprun(argyrodite(20), path)
    learned = path.read_text().replace("</incar>", '<i name="ML_LMLFF"> T </i></incar>')
    path.write_text(learned.replace('"NSW">20<', '"NSW">3000<'))
    with pytest.raises(UserError, match=r"3000 steps and holds 20 frames.*XDATCAR"):
        read_trajectory(path)
    path.write_text(
        learned.replace('"NSW">20<', '"NSW">200<').replace("</incar>", '<i name="ML_OUTBLOCK">10</i></incar>')
    )
    assert read_trajectory(path).frame_fs == 1000


def test_frames_stored_every_nblock_steps(tmp_path):
    path = tmp_path / "vasprun.xml"
    vasprun(argyrodite(20), path)
    text = path.read_text().replace('"NBLOCK">1<', '"NBLOCK">10<')
    path.write_text(text)
    assert read_trajectory(path).frame_fs == 100
    path.write_text(text.replace('"NSW">20<', '"NSW">500<'))
    with pytest.raises(UserError, match="how many MD steps"):
        read_trajectory(path)
    assert read_trajectory(path, every=10).frame_fs == 1000


@pytest.mark.parametrize(
    ("name", "write", "read"), [("vasprun.xml", vasprun, read_vasprun), ("OUTCAR", outcar, read_outcar)]
)
def test_frames_are_read_one_by_one(name, write, read, tmp_path):
    run = argyrodite(200)
    write(run, tmp_path / name)
    text = (tmp_path / name).read_text()
    (tmp_path / name).write_text(text[: int(len(text) * 0.7)])
    frames = read(Source(tmp_path / name), Hints()).frames
    for frame in range(100):
        assert next(frames).positions_A == pytest.approx(run.wrapped_A[frame], abs=1e-5)
    with pytest.raises(UserError, match="truncated"):
        list(frames)


def test_relaxations_and_cut_files_are_refused(tmp_path):
    path = tmp_path / "vasprun.xml"
    vasprun(argyrodite(20), path)
    text = path.read_text()
    path.write_text(text.replace('"IBRION">0<', '"IBRION">2<'))
    with pytest.raises(UserError, match="relaxation"):
        read_trajectory(path)
    path.write_text(text[: len(text) // 2])
    with pytest.raises(UserError, match="truncated"):
        read_trajectory(path)
    outcar(argyrodite(20), tmp_path / "OUTCAR")
    text = (tmp_path / "OUTCAR").read_text()
    (tmp_path / "OUTCAR").write_text(text[: int(len(text) * 0.52)])
    with pytest.raises(UserError, match=re.compile(r"frame \d+ is truncated|cannot be read")):
        read_trajectory(tmp_path / "OUTCAR")


def test_cell_vectors_of_an_outcar_that_touch(tmp_path):
    """F13.9 leaves no space before -14.16 and 123.4."""
    from screening.trajectory.formats.dft.vasp import _vector

    line = f"   {-14.162696165:13.9f}{-14.330452038:13.9f}{123.4:13.9f}{0.05:13.9f}{0.0:13.9f}{0.0:13.9f}"
    assert [float(word) for word in _vector(line)] == [-14.162696165, -14.330452038, 123.4]
    assert _vector("  1.0 2.0 3.0  0.1 0.2 0.3") == ["1.0", "2.0", "3.0"]


@pytest.mark.parametrize("write", [vasprun, outcar])
def test_a_ramp_of_the_thermostat_is_refused(write, tmp_path):
    write(argyrodite(6), tmp_path / "a")
    text = (tmp_path / "a").read_text()
    for end in (600, 900):
        tags = f'<i name="TEBEG">600.0</i><i name="TEEND">{end}.0</i><i name="POTIM"'
        lines = f"   TEBEG  = 600.0;   TEEND  = {end}.0 temperature during run\n   POTIM"
        (tmp_path / "b").write_text(text.replace('<i name="POTIM"', tags).replace("   POTIM", lines))
        if end == 600:
            assert read_trajectory(tmp_path / "b").target_temperature_K == 600
        else:
            with pytest.raises(UserError, match="from TEBEG=600 to TEEND=900 K"):
                read_trajectory(tmp_path / "b")


def test_temperatures_of_every_step(tmp_path):
    vasprun(argyrodite(6), tmp_path / "a")
    text = (tmp_path / "a").read_text().replace("</energy>", '<i name="kinetic">3.295</i></energy>')
    (tmp_path / "a").write_text(text)
    outcar(argyrodite(6), tmp_path / "b")
    text = (tmp_path / "b").read_text()
    said = "  kin. lattice  EKIN_LAT=         0.000000  (temperature  499.80 K)\n"
    (tmp_path / "b").write_text(text.replace("      direct lattice", said + "      direct lattice") + said)
    for name in "ab":
        assert read_trajectory(tmp_path / name).temperature_K == pytest.approx([499.8] * 6, rel=1e-3)


def test_a_learned_force_field_in_vaspout_does_not_say_its_steps(tmp_path):
    import h5py

    vaspout(argyrodite(6), tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file["input/incar/ML_LMLFF"] = 1
        file["input/incar/NSW"][()] = 500
    with pytest.raises(UserError, match="may be unequally spaced"):
        read_trajectory(tmp_path / "a.h5")
