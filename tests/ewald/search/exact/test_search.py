import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from ewald.errors import CheckpointError, StructureError
from ewald.search import brute_force as reference
from ewald.search.exact import patterns, planner, scouts, search
from ewald.search.exhaustive.search import search as exhaustive_search
from ewald.space.symmetry import SymmetryGroup
from tests.ewald.search.exact.spaces import salt, spaces

SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

# Constants of the planner that send small problems the ways of large ones.
WAYS = {
    "plain": {"_PROBES": 24},
    "patterns, sampled": {"_PROBES": 2, "EASY_NODES": 0},
    "patterns, given up for the tree": {"PROBE_NODES": 0, "EASY_NODES": 0},
    "no patterns": {"_PROBES": 24},
    "no patterns, tuned": {"EASY_NODES": 0},
}


def same(found, truth):
    assert [entry[1] for entry in found.lowest] == [entry[1] for entry in truth.lowest]
    # Not to the last bit: ties share the energy of the first of them, and here only those kept are looked at.
    assert [entry[0] for entry in found.lowest] == pytest.approx([entry[0] for entry in truth.lowest], abs=1e-9)
    for (_, _, mine), (_, _, theirs) in zip(found.lowest, truth.lowest, strict=True):
        assert np.array_equal(mine, theirs)


def form_of(space):
    try:
        return space.form
    except StructureError:  # sites so close that the space itself is refused
        reject()


@SETTINGS
@given(spaces(), st.integers(1, 7), st.booleans(), st.sampled_from(sorted(WAYS)))
def test_agrees_with_looking_at_every_arrangement(space, keep, use_symmetry, way):
    form = form_of(space)
    group = space.group if use_symmetry else SymmetryGroup.trivial(form.n)
    truth = reference.search(form, group, keep)
    with (
        patch.multiple(planner, **WAYS[way]),
        patch.object(patterns, "MAX_PATTERNS", 0 if "no patterns" in way else patterns.MAX_PATTERNS),
        # A poor start, so that the tree has something to find.
        patch.object(planner, "DESCENTS_FROM_NOTHING", 1),
        # Nor does a tabu search find the lowest before it.
        patch.object(scouts, "_QUIET_ROUNDS", 0),
        # Half of the tree is left to the units.
        patch.object(planner, "BEST_FIRST_NODES", 4 if keep % 2 else planner.BEST_FIRST_NODES),
    ):
        found = search(form, group, keep=keep)
    assert found.certified
    same(found, truth)
    if truth.lowest:
        assert found.gap_eV == 0.0
        assert found.bound_eV == pytest.approx(truth.lowest[-1][0], abs=1e-9)


def test_result_does_not_depend_on_workers_or_seed():
    space = salt(4)
    form = space.form
    first = search(form, space.group, keep=8, workers=1)
    for workers, seed in ((2, 0), (3, 11)):
        other = search(form, space.group, keep=8, workers=workers, seed=seed)
        same(other, first)
        assert [entry[0] for entry in other.lowest] == [entry[0] for entry in first.lowest]


def test_time_limit_gives_a_bound_below_the_truth():
    space = salt(5)
    form = space.form
    full = search(form, space.group, keep=3, workers=1)
    cut = search(form, space.group, keep=3, workers=1, time_limit_s=0.0)
    assert full.certified
    assert not cut.certified
    assert cut.bound_eV is not None
    assert cut.bound_eV <= full.lowest[0][0] + 1e-9
    assert cut.gap_eV > 0
    assert cut.gap_eV == pytest.approx(cut.lowest[-1][0] - cut.bound_eV)


@pytest.mark.parametrize("tolerance_eV", [1e-4, 0.3, 100.0])
def test_a_tolerance_stops_the_proof_at_that_gap(tolerance_eV):
    space = salt(4)
    truth = search(space.form, space.group, keep=3)
    near = search(space.form, space.group, keep=3, tolerance_eV=tolerance_eV)
    assert near.evaluated <= truth.evaluated
    assert near.gap_eV <= tolerance_eV + 1e-9
    assert near.bound_eV <= truth.lowest[-1][0]
    assert near.lowest[-1][0] - truth.lowest[-1][0] <= tolerance_eV + 1e-9


def test_arrangement_of_lowest_energy_of_one_dopant_has_its_vacancy_beside_it():
    space = salt(1)
    found = search(space.form, space.group, keep=1)
    occupation = space.full_occupation(found.lowest[0][2])
    dopant = int(np.flatnonzero(occupation[:16] == 1)[0])
    vacancy = 16 + int(np.flatnonzero(occupation[16:] == 1)[0])
    apart = space.frac_coords[dopant] - space.frac_coords[vacancy]
    distance_A = np.linalg.norm((apart - np.rint(apart)) @ space.lattice)
    assert distance_A == pytest.approx(7.19 / 2)
    # Every W has six such sites; in the cube all of them are symmetry copies.
    assert found.lowest[0][1] == 16 * 6


def test_more_asked_for_than_there_is():
    space = salt(1)
    form = space.form
    found = search(form, space.group, keep=10_000)
    assert found.certified
    assert sum(entry[1] for entry in found.lowest) == 16 * 48


def test_search_stopped_early_goes_on_from_its_checkpoint(tmp_path):
    space = salt(5)
    form = space.form
    whole = search(form, space.group, keep=4)
    with patch.object(planner, "PATTERNS_PER_UNIT", 2):
        cut = search(form, space.group, keep=4, checkpoint=tmp_path, time_limit_s=0.3 * whole.statistics["search_s"])
        resumed = search(form, space.group, keep=4, checkpoint=tmp_path, resume=True)
    same(resumed, whole)
    assert resumed.certified
    assert cut.bound_eV is None or cut.bound_eV <= whole.lowest[-1][0]


def test_checkpoint_of_another_problem_is_refused(tmp_path):
    search(salt(2).form, salt(2).group, keep=2, checkpoint=tmp_path)
    with pytest.raises(CheckpointError, match="another problem"):
        search(salt(3).form, salt(3).group, keep=2, checkpoint=tmp_path, resume=True)


@pytest.mark.mpi
def test_two_ranks_give_the_result_of_one():
    mpiexec = Path(sys.prefix) / "bin" / "mpiexec"
    runner = Path(__file__).with_name("mpi_run.py")
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[4]), "OMP_NUM_THREADS": "1"}
    outputs = [
        subprocess.run(
            [*launch, sys.executable, str(runner)], env=environment, capture_output=True, text=True, check=True
        ).stdout.splitlines()
        for launch in ([], [str(mpiexec), "-n", "2"])
    ]
    assert outputs[0][0] == "ranks 1"
    assert outputs[1][0] == "ranks 2"
    assert outputs[0][1:] == outputs[1][1:]
    assert len(outputs[0]) == 1 + 6


@pytest.mark.parametrize("dopants", [3, 4])
def test_doped_na3sbs4_agrees_with_the_exhaustive_search(doped_na3sbs4, dopants):
    space = doped_na3sbs4(dopants, dopants)
    truth = exhaustive_search(space.form, space.group, keep=12, histogram=False, workers=2)
    found = search(space.form, space.group, keep=12, workers=2)
    assert found.certified
    assert found.evaluated < 100_000
    same(found, truth)
