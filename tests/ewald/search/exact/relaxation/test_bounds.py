import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.search.exact.relaxation.bounds import convex_shift, gershgorin, relax
from tests.ewald.search.kernels import entry

relaxed = entry(relax)


def random_problem(seed, sizes):
    rng = np.random.default_rng(seed)
    m = sum(sizes)
    Q = rng.normal(size=(m, m)) * 2
    Q = Q + Q.T
    np.fill_diagonal(Q, 0.0)
    group = np.repeat(np.arange(len(sizes)), sizes).astype(np.int32)
    return Q, rng.normal(size=m) * 3, group


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(2, 6), min_size=1, max_size=2), st.data())
def test_bound_lies_below_every_choice_and_levels_fix_nothing_wrongly(seed, sizes, data):
    Q, c, group = random_problem(seed, sizes)
    m = len(c)
    wanted = np.array([data.draw(st.integers(1, size - 1)) for size in sizes], dtype=np.int32)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    free = np.arange(m, dtype=np.int32)
    D = np.zeros(m)
    shift = convex_shift(Q, D, free, m, group, gershgorin(Q, D), np.empty((m, m)))
    x = np.concatenate([np.full(size, w / size) for size, w in zip(sizes, wanted, strict=True)])
    g, levels = np.empty(m), np.empty((len(sizes), 2))
    bound = relaxed(Q, c, x, m, starts, wanted, np.full(m, shift), np.inf, g, np.empty(m), levels)
    costs = {}
    for parts in itertools.product(
        *(itertools.combinations(range(starts[k], starts[k + 1]), wanted[k]) for k in range(len(sizes)))
    ):
        chosen = [i for part in parts for i in part]
        costs[tuple(chosen)] = c[chosen].sum() + 0.5 * Q[np.ix_(chosen, chosen)].sum()
    assert bound <= min(costs.values()) + 1e-9
    for chosen, cost in costs.items():
        for i in range(m):
            low, following = levels[group[i]]
            lift = g[i] - low if i in chosen else following - g[i]
            assert cost >= bound + max(lift, 0.0) - 1e-9


def test_shift_is_what_the_lowest_curvature_asks_for():
    Q, _, group = random_problem(3, [12])
    D = np.zeros(12)
    shift = convex_shift(Q, D, np.arange(12, dtype=np.int32), 12, group, gershgorin(Q, D), np.empty((12, 12)))
    flat = np.eye(12) - 1 / 12
    lowest = np.linalg.eigvalsh(flat @ Q @ flat).min()
    assert shift >= -lowest
    # The block of ones has finite weight, so that a little more than the projected curvature may be needed.
    assert shift <= -np.linalg.eigvalsh(Q).min() + 0.11
