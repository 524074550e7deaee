"""The family of XYZ: what the comment line says, and damaged files."""

import numpy as np
import pytest

from ewald.errors import UserError
from screening.trajectory.formats.xyz import read_cells
from screening.trajectory.read import read_trajectory
from tests.screening.trajectory.formats.runs import FLAGS, argyrodite, tilted
from tests.screening.trajectory.formats.written import cp2k, gpumd, ipi, plain_xyz

XYZ = '2\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3\nNa 0 0 0\nS 1 1 1\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (XYZ + XYZ.replace("S 1 1 1\n", ""), "truncated"),
        (XYZ + XYZ.replace("1 1 1", "1 1 x"), "cannot be read"),
        (XYZ + XYZ.replace("Na", "Li"), "other ions"),
        (XYZ + XYZ.replace("Na", "Qq"), "not an element"),
        (XYZ + XYZ.replace("1 1 1", "1 nan 1"), "not numbers"),
        (XYZ + XYZ.replace('"9', '"0'), "independent vectors"),
        (XYZ, "1 frame"),
        ("\n\n", "no frames"),
        ("many\n", "cannot be read"),
    ],
)
def test_damaged_xyz_files(tmp_path, text, words):
    (tmp_path / "t.xyz").write_text(text)
    with pytest.raises(UserError, match=words):
        read_trajectory(tmp_path / "t.xyz", timestep_fs=1, every=1)


def cp2k_frame(step, time_fs, shift=0.0):
    comment = f" i = {step:8d}, time = {time_fs:12.3f}, E = {-100.5 + step:20.10f}"
    return f"     2\n{comment}\n Na {1 + shift:12.8f} 0.0 0.0\n  S 0.0 0.0 {20 + shift:12.8f}\n"


def test_positions_of_cp2k_know_their_times_and_energies(tmp_path):
    path = tmp_path / "run-pos-1.xyz"
    path.write_text("".join(cp2k_frame(10 * i, 5.0 * i, 0.1 * i) for i in range(4)))
    found = read_trajectory(path)
    assert found.frame_fs == 5.0
    assert found.cell_A is None
    np.testing.assert_allclose(found.positions_A[:, 0, 0], [1.0, 1.1, 1.2, 1.3])
    np.testing.assert_allclose(np.diff(found.potential_eV), 272.11386, rtol=1e-6)
    assert read_trajectory(path, timestep_fs=0.5, every=10).frame_fs == 5.0
    with pytest.raises(UserError, match=r"10 steps between frames.*20"):
        read_trajectory(path, timestep_fs=0.5, every=20)
    with pytest.raises(UserError, match=r"5 fs apart.*10 fs"):
        read_trajectory(path, timestep_fs=1, every=10)


def test_a_doubled_frame_of_cp2k_is_found(tmp_path):
    path = tmp_path / "run-pos-1.xyz"
    path.write_text("".join(cp2k_frame(10 * i, 5.0 * i) for i in (0, 1, 2, 2, 3, 4)))
    with pytest.raises(UserError, match=r"frame 3.*duplicated or missing"):
        read_trajectory(path)


def test_further_columns_and_energies_of_extended_xyz(tmp_path):
    frame = (
        '2\nLattice="9 0 0 0 9 0 0 0 9" Properties=id:I:1:forces:R:3:species:S:1:pos:R:3 energy={e} pbc="T T T"\n'
        "1 0 0 9 Na {x} 0 0\n2 0 0 9 S 1 1 1\n\n"
    )
    (tmp_path / "t.xyz").write_text(frame.format(e=-1.5, x=0) + frame.format(e="-1.25e0", x=0.5))
    found = read_trajectory(tmp_path / "t.xyz", timestep_fs=1, every=1)
    np.testing.assert_array_equal(found.numbers, [11, 16])
    np.testing.assert_allclose(found.positions_A[:, 0], [[0, 0, 0], [0.5, 0, 0]])
    np.testing.assert_allclose(found.potential_eV, [-1.5, -1.25])


def test_xyz_without_a_cell_is_unwrapped_in_the_cell_of_the_structure(tmp_path):
    run = argyrodite(40)
    flags = plain_xyz(run, tmp_path / "a.xyz")
    found = read_trajectory(tmp_path / "a.xyz", **flags)
    np.testing.assert_allclose(found.positions_A - found.positions_A[0], run.path_A - run.path_A[0], atol=1e-4)


def test_a_structure_of_another_cell_is_refused(tmp_path):
    run = argyrodite(40)
    flags = plain_xyz(run, tmp_path / "a.xyz")
    poscar = flags["structure"]
    poscar.write_text(poscar.read_text().replace("\n1.0\n", "\n0.7\n", 1))
    with pytest.raises(UserError, match="do not fit into the cell"):
        read_trajectory(tmp_path / "a.xyz", **flags)


def test_a_changing_cell_of_cp2k(tmp_path):
    run = argyrodite(40)
    cp2k(run, tmp_path / "run-pos-1.xyz")
    cells = tmp_path / "run-1.cell"
    assert len(read_cells(cells)) == 40
    assert read_trajectory(tmp_path / "run-pos-1.xyz").volume_A3 == pytest.approx(1000)
    moved = cells.rename(tmp_path / "elsewhere.cell")
    assert read_trajectory(tmp_path / "run-pos-1.xyz").cell_A is None
    assert read_trajectory(tmp_path / "run-pos-1.xyz", cell_file=moved).volume_A3 == pytest.approx(1000)
    moved.write_text("".join(moved.read_text().splitlines(keepends=True)[:30]))
    with pytest.raises(UserError, match="does not hold"):
        read_trajectory(tmp_path / "run-pos-1.xyz", cell_file=moved)


def test_units_of_ipi(tmp_path):
    run = argyrodite(20)
    path = tmp_path / "a.xyz"
    ipi(run, path)
    bare = path.read_text().replace("positions{atomic_unit}", "positions").replace("cell{atomic_unit}", "cell")
    path.write_text(bare)
    assert read_trajectory(path, timestep_fs=2).volume_A3 == pytest.approx(1000, rel=1e-5)
    with pytest.raises(UserError, match="in bohr, as the file says"):
        read_trajectory(path, timestep_fs=2, length_unit="nm")
    path.write_text(bare.replace("positions", "positions{furlong}"))
    with pytest.raises(UserError, match="not a unit of length"):
        read_trajectory(path, timestep_fs=2)


@pytest.mark.parametrize("name", ["CELL(H)", "CELL[GENH]"])
def test_matrices_of_ipi_have_the_vectors_as_columns(tmp_path, name):
    run = tilted(argyrodite(20))
    rows = " ".join(f"{x:.8f}" for x in run.cell_A.T.ravel())
    frames = [
        f"{len(run.symbols)}\n# {name}: {rows} Step: {i} Bead: 0 positions{{angstrom}} cell{{angstrom}}\n"
        + "".join(f"{s} {x:.8f} {y:.8f} {z:.8f}\n" for s, (x, y, z) in zip(run.symbols, frame, strict=True))
        for i, frame in enumerate(run.wrapped_A)
    ]
    (tmp_path / "a.xyz").write_text("".join(frames))
    found = read_trajectory(tmp_path / "a.xyz", timestep_fs=2)
    np.testing.assert_allclose(found.cell_A, run.cell_A, atol=1e-7)


def test_bohr_taken_for_angstrom_is_seen(tmp_path):
    run = argyrodite(20)
    flags = plain_xyz(run, tmp_path / "a.xyz")
    from tests.screening.trajectory.formats.runs import xyz_rows

    rows = "".join(f"{len(run.symbols)}\n\n" + xyz_rows(run.symbols, f / 0.529177) for f in run.path_A)
    (tmp_path / "a.xyz").write_text(rows)
    with pytest.raises(UserError, match=r"1\.\d times as far apart.*length-unit bohr"):
        read_trajectory(tmp_path / "a.xyz", **flags)
    found = read_trajectory(tmp_path / "a.xyz", **flags, length_unit="bohr")
    np.testing.assert_allclose(found.positions_A[5] - found.positions_A[0], run.path_A[5] - run.path_A[0], atol=1e-3)


def test_times_of_gpumd_contradict_the_flags(tmp_path):
    gpumd(argyrodite(20), tmp_path / "a.xyz")
    with pytest.raises(UserError, match=r"100 fs apart by the times in the file.*10 fs"):
        read_trajectory(tmp_path / "a.xyz", timestep_fs=2, every=5)
    assert read_trajectory(tmp_path / "a.xyz", **FLAGS).frame_fs == 100


def test_types_of_lammps_are_no_elements(tmp_path):
    run = argyrodite(20)
    frames = [
        f"{len(run.symbols)}\nAtoms. Timestep: {50 * i}\n"
        + "".join(f"{t} {x:.8f} {y:.8f} {z:.8f}\n" for t, (x, y, z) in zip(run.types, frame, strict=True))
        for i, frame in enumerate(run.path_A)
    ]
    (tmp_path / "a.xyz").write_text("".join(frames))
    with pytest.raises(UserError, match=r"type 1.*--elements Li,P,S,Cl"):
        read_trajectory(tmp_path / "a.xyz", timestep_fs=2)
    found = read_trajectory(tmp_path / "a.xyz", timestep_fs=2, elements="Li,P,S,Cl")
    assert found.symbols == ("Li", "P", "S", "Cl")
    assert found.frame_fs == 100


def test_a_slab_is_refused(tmp_path):
    frame = '1\nLattice="9 0 0 0 9 0 0 0 9" pbc="T T F" Properties=species:S:1:pos:R:3\nNa 0 0 {x}\n'
    (tmp_path / "a.xyz").write_text("".join(frame.format(x=x) for x in (0, 1, 2)))
    with pytest.raises(UserError, match="not periodic"):
        read_trajectory(tmp_path / "a.xyz", timestep_fs=1, every=1)


def test_atomic_numbers_in_place_of_symbols(tmp_path):
    head = '2\nLattice="9 0 0 0 9 0 0 0 9" Properties=Z:I:1:pos:R:3\n'
    (tmp_path / "a.xyz").write_text(head + "3 0 0 0\n16 4 4 4\n" + head + "3 0.1 0 0\n16 4 4 4\n")
    assert read_trajectory(tmp_path / "a.xyz", timestep_fs=1, every=1).symbols == ("Li", "S")


def test_velocities_of_gpumd_give_temperatures(tmp_path):
    rows = "Li 0 0 0 0.01 0.01 0.01\nLi 4 4 4 -0.01 -0.01 -0.01\n"
    head = '2\nTime={t} Lattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3:vel:R:3\n'
    (tmp_path / "a.xyz").write_text(head.format(t=0) + rows + head.format(t=5) + rows.replace("Li 0", "Li 1"))
    assert read_trajectory(tmp_path / "a.xyz").temperature_K == pytest.approx([1669.6] * 2, abs=0.1)


@pytest.mark.parametrize(("units", "per_fs"), [("metal", 1e-3), ("real", 1.0)])
def test_the_time_of_lammps_is_in_a_unit_that_the_file_does_not_name(tmp_path, units, per_fs):
    # Taken for fs, the frames of units metal would be 0.1 fs apart.
    run, path = argyrodite(20), tmp_path / f"{units}.extxyz"
    text = []
    for i, frame in enumerate(run.wrapped_A):
        text.append(f'52\nTimestep={50 * i} Time={100 * i * per_fs:.6f} pbc="T T T" Lattice="10 0 0 0 10 0 0 0 10" ')
        text.append("Potential_energy=-10 Temperature=500 Properties=species:S:1:pos:R:3:vel:R:3\n")
        rows = zip(run.symbols, frame, strict=True)
        text += [f"{symbol} {x:.6f} {y:.6f} {z:.6f} 1.5 0 0\n" for symbol, (x, y, z) in rows]
    path.write_text("".join(text))
    with pytest.raises(UserError, match="does not give the time"):
        read_trajectory(path)
    found = read_trajectory(path, timestep_fs=2)
    assert found.frame_fs == 100
    assert found.temperature_K is None
    with pytest.raises(UserError, match="50 steps between frames"):
        read_trajectory(path, timestep_fs=2, every=10)
