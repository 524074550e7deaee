"""The checker accepts what is proven and refuses what is not; it imports nothing of the package."""

import ast
from pathlib import Path

import numpy as np
import pytest

from ewald.parallel.clock import Deadline
from ewald.proof import checker, checker_forms
from ewald.proof.checker import WrongCertificateError, check
from ewald.proof.prove import certified_tree
from tests.ewald.search.exact.spaces import salt


@pytest.mark.parametrize(
    ("module", "wanted", "lines"),
    [
        (checker, {"itertools", "typing", "numpy", "ewald.proof.checker_forms"}, 200),
        (checker_forms, {"itertools", "typing", "numpy"}, 60),
    ],
)
def test_shares_no_code_and_is_short(module, wanted, lines):
    text = Path(module.__file__).read_text(encoding="utf-8")
    imported = {
        name.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert imported == wanted
    assert len(text.splitlines()) < lines


@pytest.fixture(scope="module")
def arrays():
    space = salt(3)
    return certified_tree(space.form, space.group, 2, Deadline()).certificate()


def checked(tmp_path, arrays):
    np.savez(tmp_path / "c.npz", **arrays)
    return check(tmp_path / "c.npz")


def test_a_certificate_of_a_space_is_accepted(tmp_path, arrays):
    claim = checked(tmp_path, arrays)
    assert claim["bound"] == pytest.approx(arrays["listed_energy"][-1])
    assert claim["lowest"] == pytest.approx(arrays["listed_energy"][0])


def changed(arrays, **changes):
    return {**{name: array.copy() for name, array in arrays.items()}, **changes}


def test_a_higher_claim_is_refused(tmp_path, arrays):
    with pytest.raises(WrongCertificateError):
        checked(tmp_path, changed(arrays, bound=arrays["bound"] + 0.5))


def test_an_arrangement_left_out_of_the_list_is_refused(tmp_path, arrays):
    with pytest.raises(WrongCertificateError):
        checked(tmp_path, changed(arrays, listed=arrays["listed"][1:], listed_energy=arrays["listed_energy"][1:]))


def test_other_costs_are_refused(tmp_path, arrays):
    h = arrays["h"].copy()
    h += 0.01 * np.arange(len(h))
    with pytest.raises(WrongCertificateError, match="symmetry"):
        checked(tmp_path, changed(arrays, h=h))


def test_a_table_that_leaves_out_too_little_is_refused(tmp_path, arrays):
    with pytest.raises(WrongCertificateError):
        checked(tmp_path, changed(arrays, P=arrays["P"] + 0.1))


def test_symmetries_that_are_no_group_are_refused(tmp_path, arrays):
    moved = np.flatnonzero((arrays["images"] != np.arange(len(arrays["h"]))).any(axis=1))
    order_above_two = next(
        k for k in moved if (arrays["images"][k][arrays["images"][k]] != np.arange(len(arrays["h"]))).any()
    )
    images = arrays["images"][[0, order_above_two]]
    with pytest.raises(WrongCertificateError, match="group"):
        checked(tmp_path, changed(arrays, images=images))


def test_less_curvature_is_refused(tmp_path, arrays):
    with pytest.raises(WrongCertificateError):
        checked(tmp_path, changed(arrays, shift=arrays["shift"] - 0.5))


def test_a_node_that_is_declared_closed_is_refused(tmp_path, arrays):
    if len(arrays["end"]) == 1:
        pytest.skip("the root is closed")
    end = arrays["end"].copy()
    end[0] = checker.CLOSED
    with pytest.raises(WrongCertificateError):
        checked(tmp_path, changed(arrays, end=end))


def test_a_literal_decided_without_reason_is_refused(tmp_path, arrays):
    fixed = arrays["fixed"].copy()
    fixed[0] = 0
    with pytest.raises(WrongCertificateError):
        checked(tmp_path, changed(arrays, fixed=fixed))
