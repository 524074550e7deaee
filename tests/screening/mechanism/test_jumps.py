"""Jumps of walks whose every jump is known."""

import numpy as np
import pytest

from screening.mechanism.jumps import find_jumps, near_pairs, together
from screening.mechanism.sites import find_sites
from tests.screening.mechanism.hopping import hopping


def found(run):
    ions = run.indices("Li")
    scaled = np.einsum("fna,ab->nbf", run.positions_A[:, ions], np.linalg.inv(run.cell_A))
    sites = find_sites(scaled, run.cell_A)
    return find_jumps(scaled, sites, run.frame_fs / 1000), sites, scaled


@pytest.mark.parametrize("seed", range(3))
def test_every_jump_is_found_once(seed):
    run, made = hopping(seed=seed)
    jumps, sites, _ = found(run)
    assert len(sites) == 27
    assert abs(len(jumps.ion) - made) <= 0.02 * made
    assert (np.abs(jumps.distance_A - 3.0) < 0.3).mean() > 0.97
    assert jumps.time_ps.sum() == pytest.approx(9 * 250, rel=0.01)


def test_jumps_through_the_border_carry_their_image():
    run, _ = hopping(axes=(0,), seed=4)
    jumps, sites, _ = found(run)
    apart = sites.scaled[jumps.target] - sites.scaled[jumps.origin]
    np.testing.assert_allclose((apart + jumps.image) @ sites.cell_A, jumps.vector_A, atol=1e-9)
    once = jumps.distance_A < 4
    crossing = once & (np.abs(apart[:, 0]) > 0.5)
    assert crossing.any()
    assert (np.abs(jumps.image[crossing, 0]) == 1).mean() > 0.97


def test_an_ion_that_turns_back_half_way_does_not_jump():
    run, _ = hopping(rate_per_ps=0.0)
    jumps, sites, scaled = found(run)
    assert not len(jumps.ion)
    tried = scaled.copy()
    tried[0, 0, 1000] += 0.5 / 3
    assert not len(find_jumps(tried, sites, 0.1).ion)


def test_jumps_in_pairs_are_seen():
    run, _ = hopping(seed=1)
    jumps, sites, _ = found(run)
    assert together(jumps, sites) == pytest.approx(1.0, abs=0.35)
    rng = np.random.default_rng(0)
    column = np.arange(3)[:, None] * 3.0 * np.array([1.0, 0, 0])
    shift = np.cumsum(rng.random(4000) < 0.02) * 3.0
    path = column[None] + shift[:, None, None] * np.array([1.0, 0, 0]) + rng.normal(0, 0.2, (4000, 3, 3))
    scaled = np.einsum("fna,ab->nbf", path, np.linalg.inv(run.cell_A))
    sites = find_sites(scaled, run.cell_A)
    assert together(find_jumps(scaled, sites, 0.1), sites) > 2


@pytest.mark.parametrize("at_once", [1, 50, 200_000])
def test_pairs_of_jumps_are_those_of_a_plain_count(at_once):
    jumps, sites, _ = found(hopping(seed=1)[0])
    middle = sites.scaled[jumps.origin]

    def near(a, b):
        apart = middle[a] - middle[b]
        return (
            jumps.ion[a] != jumps.ion[b]
            and abs(jumps.frame[a] - jumps.frame[b]) <= 10
            and np.linalg.norm((apart - np.round(apart)) @ sites.cell_A) < 4
        )

    plain = sum(near(a, b) for a in range(len(jumps.ion)) for b in range(a))
    assert plain > 30
    assert near_pairs(jumps, middle, sites.cell_A, jumps.frame, at_once) == plain
