"""Canonical forms of many labellings against trying every symmetry operation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.search.exhaustive.canonical import canonical_batch
from ewald.search.exhaustive.runs import RunProblem
from tests.ewald.search.exhaustive.small_spaces import rock_salt


@pytest.fixture(scope="module")
def salt():
    space = rock_salt()
    form = space.form
    return RunProblem.from_form(form), space.group


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_canonical_forms_are_the_first_of_all_copies(salt, data):
    problem, group = salt
    rows = data.draw(
        st.lists(st.lists(st.integers(0, 2), min_size=problem.n, max_size=problem.n), min_size=1, max_size=4)
    )
    labels = np.array(rows, dtype=np.int8)
    forms, copies = canonical_batch(group.permutations, labels)
    for label, form, count in zip(labels, forms, copies, strict=True):
        images = {tuple(label[permutation]) for permutation in group.permutations}
        assert tuple(form) == min(images)
        assert count == len(images)
        slow, slow_count = group.canonical(label)
        assert (tuple(slow), slow_count) == (tuple(form), count)
