"""Forms of clusters in a certificate, against every arrangement and against the search's own way to take them."""

import numpy as np
import pytest

from ewald.parallel.clock import Deadline
from ewald.parallel.team import Team
from ewald.proof.certify import CertifiedTree
from ewald.proof.checker import WrongCertificateError, check
from ewald.proof.checker_forms import lowered
from ewald.search.exact.pool import IncumbentPool
from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.relaxation.lowering import strengthened
from tests.ewald.search.exact.relaxation.test_lowering import torus


@pytest.fixture(scope="module")
def tree():
    form, group = torus(6, 13)
    problem = LiteralProblem.from_form(form, group)
    tree = CertifiedTree(
        strengthened(problem, group.permutations, Deadline()), IncumbentPool(problem, group, 1), Team()
    )
    tree.run()
    return tree


@pytest.fixture(scope="module")
def arrays(tree):
    return tree.certificate()


def checked(tmp_path, arrays):
    np.savez(tmp_path / "c.npz", **arrays)
    return check(tmp_path / "c.npz")


def test_a_certificate_with_forms_is_accepted_and_takes_them_as_the_search_does(tmp_path, tree, arrays):
    assert len(arrays["form_matrix"])
    low, below = lowered(arrays), tree.problem
    assert low["B"] == pytest.approx(below.B_eV, abs=1e-9)
    assert low["h"] == pytest.approx(below.h_eV, abs=1e-9)
    assert low["constant"] == pytest.approx(below.constant_eV, abs=1e-9)
    claim = checked(tmp_path, arrays)
    assert claim["bound"] == pytest.approx(claim["lowest"], abs=1e-6)


def test_costs_without_the_forms_lie_below_the_cost_of_every_choice(arrays):
    low, rng = lowered(arrays), np.random.default_rng(0)
    for _ in range(300):
        x = np.zeros(len(arrays["h"]))
        x[rng.permutation(len(x))[: arrays["wanted"][0]]] = 1.0
        cost, below = (c["constant"] + c["h"] @ x + 0.5 * x @ c["B"] @ x for c in (arrays, low))
        assert below <= cost + 1e-9


def test_forms_with_other_weights_are_refused(tmp_path, arrays):
    with pytest.raises(WrongCertificateError):
        checked(tmp_path, arrays | {"form_matrix": 0.5 * arrays["form_matrix"]})


def test_a_form_that_leaves_out_what_may_be_on_a_site_is_refused(arrays):
    variables = arrays["form_variables"].copy()
    variables[0, np.flatnonzero(variables[0] >= 0)[-1]] = -1
    with pytest.raises(ValueError, match="leaves out"):
        lowered(arrays | {"form_variables": variables})
