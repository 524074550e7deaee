"""LAMMPS dumps and data files."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from ewald.errors import UserError
from screening.trajectory.formats.hints import Elements
from screening.trajectory.formats.lammps import element_of_mass, read_data
from screening.trajectory.formats.opening import Source
from screening.trajectory.read import read_trajectory
from tests.screening.trajectory.formats.runs import argyrodite
from tests.screening.trajectory.formats.written import lammps_data, lammps_dump


@pytest.fixture
def dump(tmp_path):
    def write(columns, **how):
        lammps_dump(columns, **how)(argyrodite(20), tmp_path / "a.dump")
        return tmp_path / "a.dump"

    return write


def test_types_without_elements_are_refused(dump):
    with pytest.raises(UserError, match=r"types.*--elements Li,P,S,Cl"):
        read_trajectory(dump("id type x y z"), timestep_fs=2)
    with pytest.raises(UserError, match=r"--elements names 3"):
        read_trajectory(dump("id type x y z"), timestep_fs=2, elements="Li,P,S")


def test_the_placeholder_element_is_none(dump):
    path = dump("id type element x y z")
    text = path.read_text()
    for symbol in ("Li", "P", "S", "Cl"):
        text = text.replace(f" {symbol} ", " C ")
    path.write_text(text)
    with pytest.raises(UserError, match="types"):
        read_trajectory(path, timestep_fs=2)


def test_masses_name_elements(dump):
    path = dump("id type x y z")
    masses = {"1": "6.94", "2": "30.974", "3": "32.06", "4": "35.45"}
    lines = path.read_text().replace("ITEM: ATOMS id type x", "ITEM: ATOMS id type mass x").splitlines()
    for i, line in enumerate(lines):
        words = line.split()
        if len(words) == 5 and words[0].isdigit():
            lines[i] = " ".join([*words[:2], masses[words[1]], *words[2:]])
    path.write_text("\n".join(lines) + "\n")
    assert read_trajectory(path, timestep_fs=2).symbols == ("Li", "P", "S", "Cl")
    assert element_of_mass(22.98976928, Path("t")) == "Na"
    assert element_of_mass(2.014, Path("t")) == "H"
    with pytest.raises(UserError, match="mass of any element"):
        element_of_mass(1000.0, Path("t"))


def test_steps_units_and_times(dump):
    assert read_trajectory(dump("element xu yu zu", units=True)).frame_fs == 100
    with pytest.raises(UserError, match=r"50 steps between frames.*20"):
        read_trajectory(dump("id element x y z"), timestep_fs=2, every=20)
    path = dump("element xu yu zu", units=True)
    path.write_text(path.read_text().replace("metal", "real"))
    with pytest.raises(UserError, match=r"0\.1 fs apart by the times in the file"):
        read_trajectory(path, timestep_fs=2)
    path.write_text(path.read_text().replace("real", "lj"))
    with pytest.raises(UserError, match="units lj"):
        read_trajectory(path)


def test_missing_frames_other_ions_and_walls(dump):
    path = dump("id element x y z")
    text = path.read_text()
    frames = text.split("ITEM: TIMESTEP")[1:]
    path.write_text("".join("ITEM: TIMESTEP" + f for i, f in enumerate(frames) if i != 7))
    with pytest.raises(UserError, match="not equally spaced"):
        read_trajectory(path, timestep_fs=2)
    path.write_text(text.replace("\n52 Cl", "\n53 Cl", 1))
    with pytest.raises(UserError, match="other ions"):
        read_trajectory(path, timestep_fs=2)
    path.write_text(text.replace("pp pp pp", "pp pp ff"))
    with pytest.raises(UserError, match="not periodic"):
        read_trajectory(path, timestep_fs=2)


def test_ions_without_ids_that_change_places_are_seen(tmp_path):
    lammps_dump("element x y z", shuffle=False)(argyrodite(60), tmp_path / "a.dump")
    assert read_trajectory(tmp_path / "a.dump", timestep_fs=2).frames == 60
    lammps_dump("element x y z", shuffle=True)(argyrodite(60), tmp_path / "a.dump")
    with pytest.raises(UserError, match=r"holds other ions|change places"):
        read_trajectory(tmp_path / "a.dump", timestep_fs=2)


@pytest.mark.parametrize("style", ["atomic", "charge", "molecular", "full"])
def test_data_files_of_every_atom_style(tmp_path, style):
    extra = {"atomic": "{t}", "charge": "{t} 1.0", "molecular": "1 {t}", "full": "1 {t} 1.0"}[style]
    rows = "".join(f"{i + 1} {extra.format(t=t)} {i}.0 0.5 0.25 0 0 0\n" for i, t in enumerate((2, 1)))
    for head in ("Atoms", f"Atoms # {style}"):
        (tmp_path / "in.data").write_text(
            "made up\n\n2 atoms\n2 atom types\n\n-1 9 xlo xhi\n0 10 ylo yhi\n0 10 zlo zhi\n\nMasses\n\n"
            "1 6.94 # Li\n2 35.45\n\n"
            f"{head}\n\n{rows}\nVelocities\n\n1 0 0 0\n2 0 0 0\n"
        )
        found = read_data(Source(tmp_path / "in.data"), Elements())
        assert found.numbers.tolist() == [17, 3]
        np.testing.assert_allclose(found.positions_A, [[1, 0.5, 0.25], [2, 0.5, 0.25]])
        np.testing.assert_allclose(found.cell_A, np.eye(3) * 10)


@pytest.mark.external
def test_lammps_itself_writes_what_is_read(tmp_path):
    run = argyrodite(5)
    data = lammps_data(run, tmp_path / "unused")["structure"]
    (tmp_path / "in.lmp").write_text(
        f"units metal\natom_style charge\nread_data {data}\npair_style lj/cut 3.0\npair_coeff * * 0.001 1.5\n"
        "neigh_modify delay 0 every 1\nvelocity all create 600 1\nfix 1 all nve\ntimestep 0.002\n"
        "dump 1 all custom 10 t.dump id type x y z ix iy iz\ndump_modify 1 units yes time yes\n"
        "dump 2 all custom 10 u.dump id type xu yu zu\ndump 3 all xyz 10 t.xyz\nrun 400\n"
    )
    subprocess.run(["lmp", "-in", "in.lmp"], cwd=tmp_path, check=True, capture_output=True)
    first = read_trajectory(tmp_path / "t.dump", structure=data)
    assert first.frame_fs == pytest.approx(20)
    others = {"u.dump": {"timestep_fs": 2}, "t.xyz": {"timestep_fs": 2, "elements": "Li,P,S,Cl"}}
    for name, flags in others.items():
        found = read_trajectory(tmp_path / name, structure=data, **flags)
        assert found.frame_fs == pytest.approx(20)
        moved = [t.positions_A - t.positions_A[0] for t in (found, first)]
        np.testing.assert_allclose(*moved, atol=0.02)


def test_elements_in_another_order_than_the_masses_are_refused(tmp_path):
    run = argyrodite(4)
    flags = lammps_data(run, tmp_path / "a.lammpstrj")
    with pytest.raises(UserError, match=r"has a mass of 32\.\d+ in the file, and --elements says Cl"):
        read_trajectory(tmp_path / "a.lammpstrj", **flags, elements="Li,P,Cl,S")
    assert read_trajectory(tmp_path / "a.lammpstrj", **flags, elements="Li,P,S,Cl").frames == 4


def test_labels_of_types_are_elements(dump):
    by_type = read_trajectory(dump("id type x y z"), timestep_fs=2, elements="Li,P,S,Cl")
    path = dump("id type x y z")
    rows = [line.split() for line in path.read_text().replace("id type", "id typelabel").splitlines()]
    kinds = argyrodite(20).kinds
    for words in rows:
        if len(words) == 5 and words[0].isdigit():
            words[1] = kinds[int(words[1]) - 1]
    path.write_text("".join(" ".join(words) + "\n" for words in rows))
    found = read_trajectory(path, timestep_fs=2)
    assert found.numbers.tolist() == by_type.numbers.tolist()
    assert np.array_equal(found.positions_A, by_type.positions_A)
