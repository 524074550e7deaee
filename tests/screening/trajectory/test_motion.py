"""What steps from frame to frame say: sound runs pass, gaps and swapped parts do not."""

from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Element

from ewald.errors import UserError
from screening.trajectory import read_trajectory
from screening.trajectory.motion import MotionLog
from tests.screening.trajectory.formats.runs import FLAGS, Run, argyrodite, images_of_ase
from tests.screening.trajectory.formats.written import FORMATS


def read(run, order=None):
    chosen = run if order is None else Run(run.path_A[order], run.cell_A, run.symbols)
    return read_trajectory(images_of_ase(chosen), **FLAGS)


@pytest.mark.parametrize("seed", range(12))
def test_sound_runs_pass(seed):
    assert read(argyrodite(300, seed=seed, hops_per_ps=[0.0, 0.02, 0.5, 4.0][seed % 4])).frames == 300


@pytest.mark.parametrize("seed", range(4))
def test_gaps_and_swapped_halves_are_seen(seed):
    run = argyrodite(400, seed=seed, hops_per_ps=1.0)
    gap = np.r_[0:150, 300:400]
    swapped = np.r_[200:400, 0:200]
    for order in (gap, swapped):
        with pytest.raises(UserError, match="frames are missing"):
            read(run, order)


@pytest.mark.parametrize("seed", range(6))
def test_a_file_of_the_mobile_ions_alone_is_no_gap(seed):
    run = argyrodite(300, seed=seed, hops_per_ps=1.0)
    assert read(Run(run.path_A[:, :24], run.cell_A, run.symbols[:24])).frames == 300


def test_concerted_hops_are_no_gap():
    run = argyrodite(400, hops_per_ps=0.0)
    moved = run.path_A.copy()
    moved[200:, :6, 0] += 2.4
    assert read(Run(moved, run.cell_A, run.symbols)).frames == 400


def test_unequal_spacing_of_fine_frames_is_seen():
    rng = np.random.default_rng(0)
    run = argyrodite(2, hops_per_ps=0)
    phase, speed = rng.uniform(0, 6.3, (2, 52, 3))
    times = np.arange(400.0)

    def vibrating(t):
        return run.path_A[0] + 0.15 * np.sin(0.04 * (1 + speed / 6) * t[:, None, None] + phase)

    assert read(Run(vibrating(times), run.cell_A, run.symbols)).frames == 400
    with pytest.raises(UserError, match="unequally spaced"):
        read(Run(vibrating(np.r_[times[:200], times[205:]]), run.cell_A, run.symbols))


def test_ions_that_change_places_cannot_be_unwrapped():
    run, rng = argyrodite(100), np.random.default_rng(1)
    mixed = run.path_A.copy()
    for frame in mixed:
        frame[:24] = frame[rng.permutation(24)]
    with pytest.raises(UserError, match="change places"):
        read(Run(mixed, run.cell_A, run.symbols))


@pytest.mark.parametrize("start", [1, 5, 150])
def test_ions_that_change_places_in_a_file_without_wrapping_are_seen(start):
    """From the first frames on no step stands out: that they lead nowhere does."""
    rng = np.random.default_rng(3)
    run = argyrodite(300, hops_per_ps=0.5)
    mixed, ions = run.path_A.copy(), np.flatnonzero(np.array(run.symbols) == "Li")
    for frame in mixed[start:]:
        frame[ions] = frame[rng.permutation(ions)]
    log = logged(mixed, run)
    with pytest.raises(UserError, match=r"change places|jump at once"):
        log.check([], [Path("run.dump")])


@pytest.mark.parametrize("step_A", [0.3, 2.0, 4.0, 8.0])
def test_walks_with_steps_of_any_length_are_no_change_of_places(step_A):
    rng = np.random.default_rng(4)
    run = argyrodite(300, hops_per_ps=0.0)
    walk = run.path_A.copy()
    ions = np.flatnonzero(np.array(run.symbols) == "Li")
    walk[:, ions] += np.cumsum(rng.normal(0, step_A / 3**0.5, (300, len(ions), 3)), axis=0)
    logged(walk, run).check([], [Path("run.dump")])


def logged(path_A, run):
    log = MotionLog(np.array([Element(symbol).Z for symbol in run.symbols]))
    for step_A in np.diff(path_A, axis=0):
        log.add(step_A, None)
    return log


def test_wrapped_positions_without_a_cell_ask_for_it(tmp_path):
    path = tmp_path / "run.xyz"
    FORMATS["XYZ with a structure"][1](argyrodite(200, hops_per_ps=1.0), path)
    with pytest.raises(UserError, match=r"a cell that is not in the file.*--structure"):
        read_trajectory(path, **FLAGS)
