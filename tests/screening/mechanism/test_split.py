"""Which maxima are one site: those that exclude each other and exchange an ion as fast as it vibrates."""

import numpy as np
import pytest

from screening.mechanism.jumps import find_jumps
from screening.mechanism.sites import find_sites
from screening.mechanism.split import joined, nearest_approach_A, split_groups

CELL = np.eye(3) * 12.0


def two_wells(stay_frames, *, apart_A=1.6, ions=1, frames=6000, seed=0):
    """Ions in pairs of wells, of which each stays in one for so many frames on average."""
    rng = np.random.default_rng(seed)
    side = (rng.random((ions, frames)) < 1 / stay_frames).cumsum(axis=1) % 2
    path = np.zeros((ions, 3, frames))
    path[:, 0] = 3.0 + apart_A * side
    path[:, 1] = 3.0 + 5.0 * np.arange(ions)[:, None]
    return (path + rng.normal(0, 0.2, path.shape)) / 12.0


def groups(scaled, nearest_A=2.2):
    sites = find_sites(scaled, CELL)
    jumps = find_jumps(scaled, sites, 0.05)
    return sites, split_groups(sites, jumps, attempt_THz=5.0, nearest_A=nearest_A)


def test_wells_that_exchange_within_vibrations_are_one_site():
    # 1 / (k + k) of 8 frames of 0.05 ps: 0.2 ps, one period at 5 THz.
    scaled = two_wells(8)
    sites, group = groups(scaled)
    assert len(sites) == 2
    assert group.tolist() == [0, 0]
    whole = joined(sites, group)
    assert len(whole) == 1
    assert whole.occupancy == pytest.approx([1.0], abs=0.02)
    np.testing.assert_allclose(whole.scaled[0] * 12.0, [3.8, 3, 0], atol=0.1)
    assert len(find_jumps(scaled, whole, 0.05).ion) == 0


@pytest.mark.parametrize(("stay", "nearest_A"), [(400, 2.2), (8, 1.2)])
def test_wells_of_slow_exchange_and_wells_for_two_ions_are_two_sites(stay, nearest_A):
    sites, group = groups(two_wells(stay, frames=20000), nearest_A)
    assert len(sites) == 2
    assert group.tolist() == [0, 1]


def test_wells_that_hold_two_ions_are_two_sites():
    near = two_wells(8, seed=1)
    far = near.copy()
    far[:, 0] = (2 * (3.0 + 0.8) / 12.0) - near[:, 0]
    sites, group = groups(np.concatenate([near, far]))
    assert len(set(group.tolist())) == len(sites) == 2


def test_the_distance_that_ions_keep():
    scaled = two_wells(8, ions=2)
    assert nearest_approach_A(scaled, CELL) == pytest.approx(5.0, abs=1.0)
    assert nearest_approach_A(scaled[:1], CELL) == 0
