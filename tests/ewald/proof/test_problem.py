"""Problems from files: costs as written, forms of the same costs, messages about what is wrong."""

import gzip
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.errors import UserError
from ewald.proof.problem import from_arrays, read_problem


def random_arrays(seed, sizes, wanted):
    rng = np.random.default_rng(seed)
    m = sum(sizes)
    B = rng.integers(-5, 6, size=(m, m)).astype(float)
    group = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    return {
        "B": B + B.T,
        "h": rng.normal(size=m),
        "group": group,
        "wanted": np.array(wanted),
        "constant": np.array(2.5),
    }


def every_choice(problem):
    members = [np.flatnonzero(problem.group == k) for k in range(len(problem.wanted))]
    for parts in itertools.product(
        *(itertools.combinations(m, w) for m, w in zip(members, problem.wanted, strict=True))
    ):
        chosen = np.sort(np.concatenate([np.array(part, dtype=np.int64) for part in parts]))
        if not any(set(pair) <= set(chosen.tolist()) for pair in problem.exclude.tolist()):
            yield chosen


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 4), st.integers(0, 3))
def test_the_form_has_the_costs_of_the_problem(seed, first, second):
    problem = from_arrays(random_arrays(seed, [4, 3], [first, second]))
    form = problem.form()
    for chosen in every_choice(problem):
        occupation = np.ones(7, dtype=np.int8)
        occupation[np.argsort(problem.order)[chosen]] = 0
        if form.n != 7:
            return
        assert form.energy(occupation) * problem.scale == pytest.approx(problem.cost(chosen), abs=1e-9)
        assert problem.chosen(occupation).tolist() == chosen.tolist()


def test_a_list_of_pairs_is_the_matrix():
    arrays = random_arrays(3, [5], [2])
    rows, columns = np.triu_indices(5)
    listed = {
        "pairs": np.column_stack([rows, columns]),
        "costs": arrays["B"][rows, columns],
        "group": np.zeros(5),
        "wanted": 2,
        "h": arrays["h"],
    }
    matrix, pairs = from_arrays(arrays), from_arrays(listed)
    assert np.array_equal(matrix.B, pairs.B)
    assert np.allclose(matrix.h, pairs.h)


def test_qaplib_files_are_read_with_their_symmetry(tmp_path):
    ring = [[0, 4, 1, 4], [4, 0, 4, 1], [1, 4, 0, 4], [4, 1, 4, 0]]
    block = [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    file = tmp_path / "ring.dat"
    file.write_text("4\n" + "\n".join(" ".join(map(str, row)) for row in [*block, *ring]))
    problem = read_problem(file)
    assert problem.wanted.tolist() == [2]
    assert len(problem.permutations) == 8
    assert problem.cost(np.array([0, 2])) == 2
    packed = gzip.compress(file.read_bytes())
    file.write_bytes(packed)
    assert np.array_equal(read_problem(file).B, problem.B)
    for damaged in (b"4 1 2 3", packed[:-9], packed[:12] + b"x" * 30, b"\xff\xfe"):
        file.write_bytes(damaged)
        with pytest.raises(UserError, match="QAPLIB"):
            read_problem(file)


@pytest.mark.parametrize(
    "change",
    [{"wanted": np.array([9, 1])}, {"B": np.ones((2, 3))}, {"h": np.ones(2)}, {"permutations": np.zeros((1, 7), int)}],
)
def test_arrays_that_contradict_each_other_are_refused(change):
    with pytest.raises(UserError):
        from_arrays(random_arrays(1, [4, 3], [2, 1]) | change)
