"""XTC, TRR, DCD, NetCDF: elements from outside, units, times, damage."""

import numpy as np
import pytest

from ewald.errors import DependencyError, UserError
from screening.trajectory.formats.binary import kind_of
from screening.trajectory.read import read_trajectory
from tests.screening.trajectory.formats.runs import FLAGS, Run, argyrodite, tilted
from tests.screening.trajectory.formats.written import by_chemfiles, by_mdanalysis


@pytest.mark.parametrize("name", ["a.xtc", "a.trr", "a.dcd", "a.ncdf"])
def test_elements_come_from_outside(tmp_path, name):
    run = argyrodite(20)
    flags = by_mdanalysis(run, tmp_path / name)
    structure = flags.pop("structure")
    with pytest.raises(UserError, match=r"without elements.*--structure"):
        read_trajectory(tmp_path / name, **flags)
    in_order = read_trajectory(tmp_path / name, **flags, elements="Li24,P4,S20,Cl4")
    np.testing.assert_array_equal(
        in_order.numbers, read_trajectory(tmp_path / name, **flags, structure=structure).numbers
    )
    with pytest.raises(UserError, match="52 ions"):
        read_trajectory(tmp_path / name, **flags, elements="Li24,P4,S20")


def test_a_structure_in_another_order_is_refused(tmp_path):
    run = argyrodite(20)
    flags = by_mdanalysis(run, tmp_path / "a.xtc")
    order = np.random.default_rng(0).permutation(len(run.symbols))
    other = Run(run.path_A[:, order], run.cell_A, tuple(np.array(run.symbols)[order]))
    from pymatgen.core import Structure

    structure = Structure(run.cell_A, other.symbols, other.path_A[0], coords_are_cartesian=True)
    with pytest.raises(UserError, match="orders differ"):
        read_trajectory(tmp_path / "a.xtc", structure=structure)
    assert read_trajectory(tmp_path / "a.xtc", structure=flags["structure"]).frames == 20


def test_the_cell_of_a_tilted_dcd_needs_its_vectors(tmp_path):
    run = tilted(argyrodite(20))
    by_mdanalysis(run, tmp_path / "a.dcd")
    with pytest.raises(UserError, match="its orientation"):
        read_trajectory(tmp_path / "a.dcd", **FLAGS, elements="Li24,P4,S20,Cl4")


def test_times_of_xtc_and_flags(tmp_path):
    flags = by_chemfiles(argyrodite(20), tmp_path / "a.xtc")
    assert read_trajectory(tmp_path / "a.xtc", structure=flags["structure"]).frame_fs == pytest.approx(100)
    with pytest.raises(UserError, match="steps between frames"):
        read_trajectory(tmp_path / "a.xtc", structure=flags["structure"], timestep_fs=1, every=100)
    with pytest.raises(UserError, match=r"in nm, as the file says"):
        read_trajectory(tmp_path / "a.xtc", structure=flags["structure"], length_unit="angstrom")


def test_a_dcd_gives_no_time(tmp_path):
    flags = by_mdanalysis(argyrodite(20), tmp_path / "a.dcd")
    with pytest.raises(UserError, match="timestep-fs and --every"):
        read_trajectory(tmp_path / "a.dcd", structure=flags["structure"])


@pytest.mark.parametrize("name", ["a.xtc", "a.trr", "a.dcd"])
@pytest.mark.parametrize("share", [0.13, 0.57, 0.97])
def test_cut_files_are_refused(tmp_path, name, share):
    flags = by_mdanalysis(argyrodite(20), tmp_path / name)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: int(share * len(content))])
    with pytest.raises(UserError):
        read_trajectory(tmp_path / name, **flags)


def test_a_file_that_crashes_its_decoder_is_refused(tmp_path):
    """Bytes 56 to 72 of a frame hold the precision and the smallest coordinates: garbage there overruns the decoder."""
    flags = by_mdanalysis(argyrodite(40, seed=2), tmp_path / "a.xtc")
    good = (tmp_path / "a.xtc").read_bytes()
    for seed in range(6):
        damaged = bytearray(good)
        damaged[58:66] = np.random.default_rng(seed).bytes(8)
        (tmp_path / "a.xtc").write_bytes(bytes(damaged))
        with pytest.raises(UserError):
            read_trajectory(tmp_path / "a.xtc", **flags)


def test_without_mdanalysis(tmp_path, monkeypatch):
    flags = by_mdanalysis(argyrodite(5), tmp_path / "a.xtc")
    monkeypatch.setattr("screening.trajectory.decoding.find_spec", lambda name: None)
    with pytest.raises(DependencyError, match=r"\[trajectories\]"):
        read_trajectory(tmp_path / "a.xtc", **flags)


def test_first_bytes():
    assert kind_of((1995).to_bytes(4, "big")) == "xtc"
    assert kind_of(b"\x54\x00\x00\x00CORD") == "dcd"
    assert kind_of(b"ITEM") is None
