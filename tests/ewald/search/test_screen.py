"""All methods behind ``screen`` tell the same story."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald import screen
from ewald.errors import UserError
from ewald.search import brute_force as reference
from ewald.space.space import ConfigurationSpace
from ewald.space.sublattice import Sublattice
from tests.ewald.cells import na3sbs4, random_space

CELL = """
lattice: [[4, 0, 0], [0, 4.2, 0], [0, 0, 4.4]]
supercell: 3 2 1
charges: {Na: 1, Mg: 2, Cl: -1, O: -2}
sublattices:
  - {name: M, frac_coords: [[0, 0, 0]], counts: {Na: 3, Mg: 3}}
  - {name: X, frac_coords: [[0.5, 0.5, 0.4]], counts: {Cl: 3, O: 3}}
"""


def lines(ranked):
    return [(e, m, a.tobytes()) for e, m, a in ranked]


def found(space, result):
    return [(a.energy_eV, a.multiplicity, a.occupation[space.form.sites].tobytes()) for a in result.lowest]


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6), symmetric=st.booleans(), use_symmetry=st.booleans())
def test_exact_and_exhaustive_equal_the_reference(seed, symmetric, use_symmetry):
    from ewald.search import screen as search
    from ewald.space.symmetry import SymmetryGroup

    space = random_space(seed, symmetric=symmetric)
    if space.configurations > 1500:
        return
    group = space.group if use_symmetry else SymmetryGroup.trivial(space.form.n)
    keep = min(4, space.distinct_configurations())
    expected = lines(reference.search(space.form, group, keep).lowest)
    options = search.SearchOptions(keep=keep, workers=1)
    assert lines(search._exact(space.form, group, options).lowest) == expected
    assert lines(search._exhaustive(space.form, group, options).lowest) == expected


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), limit=st.floats(1.7, 3.2))
def test_forbidden_pairs_are_honoured_by_every_method(seed, limit):
    from ewald.search import screen as search

    space = replace(random_space(seed), min_distance_A=limit)
    if space.configurations > 1500 or space.configurations == 0:
        return
    keep = min(3, space.distinct_configurations())
    expected = lines(reference.search(space.form, space.group, keep).lowest)
    options = search.SearchOptions(keep=keep, workers=1)
    for method in (search._exact, search._exhaustive):
        assert lines(method(space.form, space.group, options).lowest) == expected


def split_space():
    """Make Li on three of ten sites of a body-centred arrangement with three species on the anion sites."""
    grid = np.argwhere(np.ones((2, 2, 2))) / 2
    return ConfigurationSpace(
        7.5 * np.eye(3),
        np.concatenate([grid, grid + 0.25]),
        (
            Sublattice("M", tuple(range(8)), ("Li+", "Mg2+", "vacancy"), (1, 2, 0), (3, 3, 2)),
            Sublattice("X", tuple(range(8, 16)), ("S2-", "Cl-", "vacancy"), (-2, -1, 0), (3, 3, 2)),
        ),
    )


def test_three_species_on_two_sublattices():
    space = split_space()
    assert space.configurations == 560**2
    exhaustive = screen(space, method="exhaustive", keep=6)
    exact = screen(space, method="exact", keep=6)
    assert exhaustive.certified
    assert exact.certified
    assert found(space, exact) == found(space, exhaustive)
    assert sum(exhaustive.histogram.counts) == space.configurations


def test_auto_says_what_it_did_and_why():
    small = screen(random_space(3), keep=1)
    assert "so few arrangements" in small.notes[-1]
    proven = screen(na3sbs4(2, 2, (2, 1, 1)), keep=2)
    assert proven.certified
    assert "so few" in proven.notes[-1] or "proved the result" in proven.notes[-1]


def test_auto_keeps_the_proven_bound_when_time_is_up():
    space = na3sbs4(12, 12)
    result = screen(space, keep=2, time_limit_s=1.5, workers=1)
    assert "did not finish" in result.notes[-1]
    assert not result.certified
    assert len(result.lowest) == 2
    assert result.bound_eV is None or result.bound_eV < result.lowest[0].energy_eV
    if result.bound_eV is not None:
        assert result.gap_eV == pytest.approx(result.lowest[-1].energy_eV - result.bound_eV)


def test_a_tolerance_is_in_meV_for_each_ion():
    space = na3sbs4(2, 2)
    result = screen(space, keep=1, method="exact", tolerance_meV_per_ion=5)
    assert space.ions == len(space) - 2
    assert result.gap_meV_per_ion <= 5
    document = result.to_document()
    assert (document["ions"], document["gap_meV_per_ion"]) == (space.ions, result.gap_meV_per_ion)
    assert result.gap_meV_per_ion == pytest.approx(1000 * result.gap_eV / space.ions)


@pytest.mark.parametrize(("method", "tolerance"), [("sample", 1.0), ("exhaustive", 1.0), ("exact", -1.0)])
def test_a_tolerance_that_means_nothing_is_refused(method, tolerance):
    with pytest.raises(UserError, match="tolerance"):
        screen(na3sbs4(2, 2), method=method, tolerance_meV_per_ion=tolerance)


def test_threads_walk_side_by_side_while_time_lasts():
    space = na3sbs4(2, 2, (2, 1, 1))
    truth = screen(space, keep=3, method="exhaustive")
    alone = screen(space, keep=3, method="sample", time_limit_s=20, workers=1)
    together = screen(space, keep=3, method="sample", time_limit_s=20, workers=2)
    energies = [arrangement.energy_eV for arrangement in truth.lowest]
    assert [arrangement.energy_eV for arrangement in together.lowest] == pytest.approx(energies)
    assert together.evaluated > alone.evaluated


def test_an_ordered_crystal_has_one_arrangement():
    space = na3sbs4(0, 0, (1, 1, 1))
    for method in ("auto", "exact", "exhaustive", "sample"):
        result = screen(space, keep=1, method=method)
        assert result.certified
        assert [a.multiplicity for a in result.lowest] == [1]


def test_unknown_method():
    with pytest.raises(UserError, match="no such method"):
        screen(random_space(1), method="magic")


@pytest.mark.mpi
@pytest.mark.parametrize("method", ["exact", "exhaustive"])
def test_result_does_not_depend_on_ranks(tmp_path, method):
    mpiexec = Path(sys.prefix) / "bin" / "mpiexec"
    if not mpiexec.exists():
        pytest.skip("no mpiexec beside this Python (IonSieve's extra mpi)")
    (tmp_path / "cell.yaml").write_text(CELL)
    command = [sys.executable, "-m", "ewald", "screen", str(tmp_path / "cell.yaml"), "--method", method]
    documents = []
    for ranks in (1, 2):
        out = tmp_path / str(ranks)
        start = [str(mpiexec), "-n", str(ranks)] if ranks > 1 else []
        subprocess.run([*start, *command, "--out", str(out)], check=True, capture_output=True, timeout=300)
        documents.append(json.loads((out / "result.json").read_text()))
    assert documents[0]["lowest"] == documents[1]["lowest"]
    if method == "exhaustive":
        assert documents[1]["ranks"] == 2


def test_all_arrangements_are_kept_where_there_are_fewer_than_asked_for():
    space = random_space(3)
    for method in ("auto", "exact", "exhaustive", "sample"):
        assert len(screen(space, keep=10**6, method=method).lowest) == space.distinct_configurations()


def test_notebooks_show_a_small_table():
    space = na3sbs4(1, 1, (1, 1, 1))
    assert space.distinct_configurations() > 1
    assert space._repr_html_().count("<tr>") == 1 + len(space.sublattices)
    result = screen(space, keep=2)
    shown = result._repr_html_()
    assert "certified: proven to be the lowest" in shown
    assert shown.count("<tr>") == 3
    assert f"{result.lowest[0].energy_eV:.6f}" in shown


def test_the_table_of_a_long_list_stays_small():
    space = na3sbs4(3, 3, (2, 1, 1))
    result = screen(space, keep=60)
    assert len(result.lowest) > 20
    shown = result._repr_html_()
    assert shown.count("<tr>") == 21
    assert f"the lowest 20 of {len(result.lowest)}" in shown


def split_sites():
    """Twelve split Li sites in a row, each of which holds one ion on one of its two positions."""
    centres = [[0.5, 0.5, (k + 0.5) / 12] for k in range(12)]
    halves = [[x, y, z + sign * 0.012] for x, y, z in centres for sign in (-1, 1)]
    li = Sublattice("Li", tuple(range(24)), ("Li+", "vacancy"), (1, 0), (12, 12))
    cl = Sublattice("Cl", tuple(range(24, 36)), ("Cl-",), (-1,), (12,))
    anions = [[0, 0, k / 12] for k in range(12)]
    return ConfigurationSpace([[5, 0, 0], [0, 5, 0], [0, 0, 36]], halves + anions, (li, cl), min_distance_A=1.5)


@pytest.mark.parametrize("method", ["sample", "exact", "auto"])
def test_a_limit_of_no_time_still_gives_an_arrangement(method, monkeypatch):
    """Where sites exclude one another, hardly any arrangement is allowed: 4096 of 2.7 million."""
    monkeypatch.setattr("ewald.search.screen._few", lambda form, configurations: False)
    space = split_sites()
    assert space.configurations == 2**12
    result = screen(space, keep=1, method=method, time_limit_s=0.0)
    assert len(result.lowest) == 1
    assert np.isfinite(result.lowest[0].energy_eV)
    assert space.form.allowed(result.lowest[0].occupation[space.form.sites])
