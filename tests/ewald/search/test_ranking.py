"""The order of low-energy arrangements."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.search import brute_force as reference
from ewald.search.ranking import rank
from ewald.space.symmetry import SymmetryGroup
from tests.ewald.cells import random_space


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_rank_does_not_depend_on_the_order_or_copies_it_is_given(seed):
    space = random_space(seed)
    everything = list(reference.arrangements(space.form))
    if len(everything) > 2000:
        return
    rng = np.random.default_rng(seed)
    first = rank(space.form, space.group, everything, 4)
    second = rank(space.form, space.group, [everything[k] for k in rng.permutation(len(everything))] * 2, 4)
    for (e, m, a), (f, n, b) in zip(first, second, strict=True):
        assert e == f
        assert m == n
        assert (a == b).all()
    assert [e for e, _, _ in first] == sorted(e for e, _, _ in first)


def test_ties_that_are_no_copies_are_kept_apart():
    space = random_space(3)
    alone = SymmetryGroup.trivial(space.form.n)
    with_copies = rank(space.form, alone, reference.arrangements(space.form), 10**6)
    without = rank(space.form, space.group, reference.arrangements(space.form), 10**6)
    assert len(with_copies) == space.configurations
    assert len(without) == space.distinct_configurations()
    assert sum(m for _, m, _ in without) == len(with_copies)
