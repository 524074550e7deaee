"""Outputs of pw.x: units, cells that change, and what is no molecular dynamics."""

import re

import numpy as np
import pytest

from ewald.errors import UserError
from screening.trajectory.read import read_trajectory
from tests.screening.trajectory.formats.dft.written import pw_output
from tests.screening.trajectory.formats.runs import FRAME_FS, argyrodite, tilted


@pytest.fixture
def run():
    return argyrodite(20)


@pytest.mark.parametrize("unit", ["angstrom", "bohr", "alat", "crystal"])
def test_positions_in_every_unit(unit, run, tmp_path):
    run = tilted(run)
    pw_output(run, tmp_path / "pw.out", unit=unit)
    found = read_trajectory(tmp_path / "pw.out")
    assert found.frame_fs == pytest.approx(FRAME_FS)
    assert np.allclose(found.positions_A - found.positions_A[0], run.path_A - run.path_A[0], atol=2e-4)
    assert np.allclose(found.cell_A, run.cell_A, atol=2e-5)
    assert found.potential_eV == pytest.approx(-700 * 13.605693, rel=1e-6)
    assert found.temperature_K == pytest.approx(500)


def test_ase_reads_the_same(run, tmp_path):
    from ase.io import read

    path = tmp_path / "pw.out"
    pw_output(run, path)
    found, images = read_trajectory(path), read(path, index=":", format="espresso-out", results_required=False)
    others = np.array([atoms.positions for atoms in images[1:]])  # ASE's first is that of the input
    apart = (found.positions_A - others) @ np.linalg.inv(found.cell_A)
    assert np.abs(apart - np.round(apart)).max() < 1e-6
    assert found.numbers.tolist() == images[0].numbers.tolist()


def test_the_cell_of_every_step_is_taken(run, tmp_path):
    path = tmp_path / "pw.out"
    pw_output(run, path)
    stretched = iter(np.linspace(1.0, 1.02, 20))

    def with_cell(_):
        rows = "".join(f"  {x:.9f} {y:.9f} {z:.9f}\n" for x, y, z in run.cell_A * next(stretched))
        return f"CELL_PARAMETERS (angstrom)\n{rows}\nATOMIC_POSITIONS"

    path.write_text(re.sub("ATOMIC_POSITIONS", with_cell, path.read_text()))
    assert np.allclose(read_trajectory(path).cell_A, run.cell_A * 1.01, atol=1e-6)


def test_outputs_one_after_another_are_one_run(run, tmp_path):
    path = tmp_path / "pw.out"
    pw_output(run, path)
    head, *steps = re.split(r"(?=\n!    total energy)", path.read_text())
    parts = tmp_path / "a.out", tmp_path / "b.out"
    parts[0].write_text(head + "".join(steps[:12]))
    parts[1].write_text(head + "".join(steps[12:]))
    assert np.array_equal(read_trajectory(list(parts)).positions_A, read_trajectory(path).positions_A)
    joined = tmp_path / "both.out"
    joined.write_text(parts[0].read_text() + parts[1].read_text())
    assert np.array_equal(read_trajectory(joined).positions_A, read_trajectory(path).positions_A)


def test_held_ions_have_flags(run, tmp_path):
    path = tmp_path / "pw.out"
    pw_output(run, path)
    whole = read_trajectory(path).positions_A
    path.write_text(re.sub(r"^(P .*)$", r"\1    0   0   0", path.read_text(), flags=re.MULTILINE))
    assert np.array_equal(read_trajectory(path).positions_A, whole)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("BFGS Geometry Optimization", "relaxation"),
        ("Damped Dynamics Calculation", "damped dynamics"),
        ("Over-damped Langevin Dynamics Calculation", "which has no time"),
    ],
)
def test_what_is_no_molecular_dynamics_is_refused(line, kind, run, tmp_path):
    path = tmp_path / "pw.out"
    pw_output(run, path)
    path.write_text(path.read_text().replace("Molecular Dynamics Calculation", line))
    with pytest.raises(UserError, match=kind):
        read_trajectory(path)


def test_a_single_calculation_holds_no_steps(run, tmp_path):
    path = tmp_path / "pw.out"
    pw_output(run, path)
    path.write_text(path.read_text().split("     Entering Dynamics")[0])
    with pytest.raises(UserError, match="no steps of molecular dynamics"):
        read_trajectory(path)


def test_missing_steps_are_seen(run, tmp_path):
    path = tmp_path / "pw.out"
    pw_output(run, path)
    path.write_text(path.read_text().replace("iteration =     9", "iteration =    12"))
    with pytest.raises(UserError, match="not equally spaced"):
        read_trajectory(path)
