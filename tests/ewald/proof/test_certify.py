"""Every certificate of a small space is accepted, and claims what looking at every arrangement finds."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from ewald.errors import StructureError
from ewald.parallel.clock import Deadline
from ewald.proof.certify import write_certificate
from ewald.proof.checker import check
from ewald.proof.prove import certified_tree
from ewald.search import brute_force
from ewald.search.exact.relaxation.literals import LiteralProblem
from tests.ewald.search.exact.spaces import salt, spaces


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(spaces(), st.integers(1, 3))
def test_small_spaces_are_proven(tmp_path_factory, space, keep):
    try:
        form = space.form
    except StructureError:  # two sites on one spot
        reject()
    truth = brute_force.search(form, space.group, keep)
    if LiteralProblem.from_form(form, space.group).size == 0 or len(truth.lowest) < keep:
        return
    tree = certified_tree(form, space.group, keep, Deadline())
    claim = check(write_certificate(tmp_path_factory.mktemp("c"), tree.certificate()))
    assert claim["lowest"] == pytest.approx(truth.lowest[0][0], abs=1e-8)
    assert claim["bound"] == pytest.approx(truth.lowest[-1][0], abs=1e-8)


def test_a_search_cut_short_claims_a_bound_below_the_truth(tmp_path):
    space = salt(4)
    whole = certified_tree(space.form, space.group, 1, Deadline())
    cut = certified_tree(space.form, space.group, 1, Deadline.after(0.3))
    arrays = cut.certificate()
    claim = check(write_certificate(tmp_path, arrays)) if np.isfinite(arrays["bound"]) else {"bound": -np.inf}
    assert claim["bound"] <= whole.pool.lowest[0][0] + 1e-9
