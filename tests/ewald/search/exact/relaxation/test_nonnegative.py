"""The doubly nonnegative relaxation, on problems whose answer is known."""

import numpy as np
import pytest

from ewald.parallel.clock import Deadline
from ewald.search.exact.relaxation.nonnegative import _projected, solve
from ewald.search.exact.relaxation.one_hot import OneHot


def pairs_of_sites(sites, wanted, apart=()):
    """Sites that carry an ion or none; ions on two sites of ``apart`` exclude one another."""
    site = np.tile(np.arange(sites), 2)
    impossible = site[:, None] == site[None, :]
    np.fill_diagonal(impossible, val=False)
    for i, j in apart:
        impossible[i, j] = impossible[j, i] = True
    literal = np.concatenate([np.arange(sites), np.full(sites, -1)])
    group = np.repeat([0, 1], sites)
    return OneHot(literal, site, group, np.array([wanted, sites - wanted]), impossible)


def test_without_pair_costs_the_cheapest_sites_are_chosen():
    linear = np.r_[3.0, 1.0, 2.0, 5.0, np.zeros(4)]
    dual = solve(pairs_of_sites(4, 2), linear, np.zeros((8, 8)), Deadline())
    assert dual.y[:4] == pytest.approx([0, 1, 1, 0], abs=1e-3)


def test_ions_that_exclude_one_another_are_kept_apart():
    # The two cheapest sites are neighbours; of each pair only one is taken.
    linear = np.r_[0.0, 1.0, 6.0, 2.0, np.zeros(4)]
    dual = solve(pairs_of_sites(4, 2, apart=[(0, 1), (2, 3)]), linear, np.zeros((8, 8)), Deadline())
    assert dual.y[:4] == pytest.approx([1, 0, 0, 1], abs=1e-3)


def test_what_is_left_out_is_negative_only_where_it_is_never_there():
    rng = np.random.default_rng(1)
    one_hot = pairs_of_sites(8, 3, apart=[(0, 1), (4, 6)])
    pair = np.zeros((16, 16))
    pair[:8, :8] = rng.normal(size=(8, 8))
    pair[:8, :8] += pair[:8, :8].T
    np.fill_diagonal(pair, 0.0)
    dual = solve(one_hot, np.r_[rng.normal(size=8), np.zeros(8)], pair, Deadline(), iterations=40)
    assert (dual.pair_eV[~one_hot.impossible] >= 0).all()
    assert (np.diag(dual.pair_eV) == 0).all()
    assert np.allclose(dual.pair_eV, dual.pair_eV.T)


def test_projection_is_positive_semidefinite_of_the_trace_asked_for():
    rng = np.random.default_rng(2)
    V, _ = np.linalg.qr(rng.normal(size=(6, 4)))
    matrix = rng.normal(size=(6, 6))
    projected = _projected(matrix + matrix.T, V, 3.0)
    assert np.trace(projected) == pytest.approx(3.0)
    assert np.linalg.eigvalsh(projected).min() > -1e-12
    assert np.allclose(V @ (V.T @ projected @ V) @ V.T, projected)
