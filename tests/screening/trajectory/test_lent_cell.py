"""A cell of another file is refused where distances across the border imply another length, never where it is right."""

import re

import numpy as np
import pytest

from ewald.errors import UserError
from screening.trajectory import read_trajectory
from screening.trajectory.lent_cell import FrameSample
from tests.screening.trajectory.formats.runs import FLAGS, Run, argyrodite, tilted
from tests.screening.trajectory.formats.written import FORMATS


def written_run(seed):
    """Hopping or not, cubic or tilted, with an origin of its own."""
    run = argyrodite(60, seed=seed, hops_per_ps=[0.02, 0.5, 2.0][seed % 3])
    run = tilted(run) if seed % 2 else run
    return Run(run.path_A + np.random.default_rng(seed).uniform(-20, 20, 3), run.cell_A, run.symbols)


def read_with_cell(run, cell_A, folder):
    """Read a plain XYZ of the run with a structure of which only the cell differs from its own."""
    path = folder / "run.xyz"
    FORMATS["XYZ with a structure"][1](run, path)
    lent = Run(run.path_A[:1] @ np.linalg.inv(run.cell_A) @ cell_A, cell_A, run.symbols)
    return read_trajectory(path, structure=lent.poscar(folder / "lent.vasp"), **FLAGS)


def implied(error):
    return {name: float(length) for name, length in re.findall(r"([abc]) = .*?imply ([\d.]+) A", str(error))}


@pytest.mark.parametrize("seed", range(6))
def test_the_right_cell_passes(seed, tmp_path):
    run = written_run(seed)
    assert read_with_cell(run, run.cell_A, tmp_path).frames == 60


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("scale", [0.95, 1.04, 1.08])
def test_a_cell_of_another_size_is_refused_with_the_right_one(seed, scale, tmp_path):
    run = written_run(seed)
    with pytest.raises(UserError, match="does not fit into the cell") as error:
        read_with_cell(run, run.cell_A * scale, tmp_path)
    true = dict(zip("abc", np.linalg.norm(run.cell_A, axis=1), strict=True))
    for name, length in implied(error.value).items():
        assert length == pytest.approx(true[name], rel=0.025)


@pytest.mark.parametrize("axis", range(3))
def test_one_wrong_axis_is_named_alone(axis, tmp_path):
    run = argyrodite(60, hops_per_ps=0.5)
    with pytest.raises(UserError) as error:
        read_with_cell(run, run.cell_A * np.where(np.arange(3) == axis, 1.05, 1.0)[:, None], tmp_path)
    assert list(implied(error.value)) == ["abc"[axis]]


def test_unwrapped_positions_tell_the_cell_as_well(tmp_path):
    run = argyrodite(60, hops_per_ps=2.0)
    unwrapped = type("Unwrapped", (Run,), {"wrapped_A": property(lambda self: self.path_A)})
    there = unwrapped(run.path_A, run.cell_A, run.symbols)
    assert read_with_cell(there, run.cell_A, tmp_path).frames == 60
    with pytest.raises(UserError, match=r"imply (9\.[89]|10\.[01])"):
        read_with_cell(there, run.cell_A * 1.05, tmp_path)


def test_mobile_ions_alone(tmp_path):
    run = argyrodite(60, hops_per_ps=0.5)
    alone = Run(run.path_A[:, :24], run.cell_A, run.symbols[:24])
    assert read_with_cell(alone, run.cell_A, tmp_path).frames == 60


def test_a_few_ions_say_nothing(tmp_path):
    run = argyrodite(60, hops_per_ps=0.5)
    few = Run(run.path_A[:, :3], run.cell_A, run.symbols[:3])
    assert read_with_cell(few, run.cell_A * 1.05, tmp_path).frames == 60


def test_a_sample_is_spread_over_the_run():
    sample = FrameSample(400)
    for frame in range(1000):
        sample.add(np.full((400, 3), float(frame)))
    taken = [frame[0, 0] for frame in sample.frames]
    assert 10 <= len(taken) < 20
    assert np.ptp(np.diff(taken)) == 0
    assert taken[-1] > 900
