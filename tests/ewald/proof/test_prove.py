"""Problems of any origin, proven and verified from files."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ewald.errors import UserError
from ewald.proof.problem import from_arrays
from ewald.proof.prove import certify, prove, verify
from ewald.search.screen import screen
from tests.ewald.proof.test_problem import every_choice, random_arrays
from tests.ewald.search.exact.spaces import salt


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.integers(0, 1000),
    st.integers(0, 5),
    st.integers(0, 3),
    st.lists(st.tuples(*[st.integers(0, 7)] * 2), max_size=4),
)
def test_the_least_cost_is_found_proven_and_verified(tmp_path_factory, seed, first, second, pairs):
    exclude = np.array([pair for pair in pairs if pair[0] != pair[1]], dtype=np.int64).reshape(-1, 2)
    problem = from_arrays(random_arrays(seed, [5, 3], [first, second]) | {"exclude": exclude})
    choices = list(every_choice(problem))
    if not choices or first in {0, 5} or second in {0, 3}:
        return
    folder = tmp_path_factory.mktemp("proof")
    proof = prove(problem, out=folder)
    least = min(problem.cost(chosen) for chosen in choices)
    assert proof.proven
    assert proof.cost == pytest.approx(least, abs=1e-6)
    claim = verify(folder)
    assert claim["proven"]
    assert claim["bound"] == pytest.approx(least, abs=1e-4)
    assert json.loads((folder / "proof.json").read_text())["chosen"] == list(proof.chosen)


def test_a_certificate_of_another_problem_is_refused(tmp_path):
    problem = from_arrays(random_arrays(1, [8], [3]))
    prove(problem, out=tmp_path)
    with np.load(tmp_path / "certificate.npz") as archive:
        arrays = dict(archive)
    arrays["problem_B"] = arrays["problem_B"] * 1.01
    np.savez(tmp_path / "certificate.npz", **arrays)
    with pytest.raises(UserError, match="another problem"):
        verify(tmp_path)


def test_a_screen_is_certified(tmp_path):
    space = salt(3)
    result = screen(space, keep=2, method="exact")
    assert certify(result, tmp_path, time_limit_s=None, workers=1)
    claim = verify(tmp_path)
    assert claim["lowest"] == pytest.approx(result.lowest[0].energy_eV)
    assert claim["bound"] == pytest.approx(result.lowest[-1].energy_eV)


def test_without_symmetry_copies_are_proven_one_by_one(tmp_path):
    space = salt(3)
    result = screen(space, keep=3, method="exact", use_symmetry=False)
    assert len({one.energy_eV for one in result.lowest}) == 1  # copies of the lowest
    assert certify(result, tmp_path, time_limit_s=None, workers=1, use_symmetry=False)
    with np.load(tmp_path / "certificate.npz") as archive:
        assert len(archive["images"]) == 1
        assert len({row.tobytes() for row in archive["listed"]}) == 3
    assert verify(tmp_path)["bound"] == pytest.approx(result.lowest[-1].energy_eV)


def test_no_certificate_is_a_clear_error(tmp_path):
    with pytest.raises(UserError, match="no certificate"):
        verify(tmp_path)
    (tmp_path / "certificate.npz").write_bytes(b"not this")
    with pytest.raises(UserError, match="not readable"):
        verify(tmp_path)
