"""Costs that lie below those of a problem, against every arrangement."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ewald.parallel.clock import Deadline
from ewald.proof.automorphisms import automorphisms
from ewald.proof.problem import PairProblem
from ewald.search.exact.relaxation import lowering
from ewald.search.exact.relaxation.clusters import Cluster
from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.relaxation.lowering import Form, lowered, strengthened
from ewald.search.exact.relaxation.multipliers import Multipliers
from ewald.search.exact.relaxation.pair_orbits import PairOrbits
from ewald.search.exact.relaxation.tables import FREE, RelaxationTables, Shift
from ewald.search.exact.tree import bound_states
from ewald.search.sampling.search import search as sample
from tests.ewald.search.exact.choices import allowed, choices, energy_eV
from tests.ewald.search.exact.spaces import salt, spaces


def problem_of(space):
    problem = LiteralProblem.from_form(space.form, space.group)
    assume(problem.size > 0)
    return problem


def root_bound_eV(problem):
    free = np.arange(problem.size, dtype=np.int32)
    tables = RelaxationTables.of(problem, Multipliers.tuned(problem, free, problem.h_eV, problem.wanted))
    state = np.full((1, problem.size), FREE, dtype=np.int8)
    bound = np.full(1, -np.inf)
    bound_states(tables, state.copy(), bound, Shift.of(tables, state[0]), np.full(1, 1e3))
    return bound[0]


@settings(max_examples=40, deadline=None)
@given(spaces(), st.integers(0, 2**16))
def test_any_forms_leave_costs_below_every_arrangement_and_the_same_for_its_copies(space, seed):
    problem = problem_of(space)
    orbits = PairOrbits.of(problem, space.group.permutations, 10_000)
    rng = np.random.default_rng(seed)
    forms = []
    for size in (3, 4):
        cluster = Cluster.of(orbits, np.sort(rng.permutation(orbits.sites)[:size]))
        assume(len(cluster.chosen))
        forms.append(Form.of(cluster, rng.normal(size=len(cluster.pairs))))
    below = lowered(problem, orbits, forms)
    assert below.exact is problem
    for choice in choices(problem):
        if allowed(problem, choice):
            assert energy_eV(below, choice) <= energy_eV(problem, choice) + 1e-9
            copy = np.zeros_like(choice)
            copy[problem.images[-1][choice == 1]] = 1
            assert energy_eV(below, copy) == pytest.approx(energy_eV(below, choice), abs=1e-9)


@settings(max_examples=15, deadline=None)
@given(spaces())
def test_strengthened_costs_lie_below_every_arrangement(space):
    problem = problem_of(space)
    below = strengthened(problem, space.group.permutations, Deadline())
    if below is not None:
        for choice in choices(problem):
            if allowed(problem, choice):
                assert energy_eV(below, choice) <= energy_eV(problem, choice) + 1e-7


def torus(edge, wanted):
    """So many ions that repel with 1/r^2 on a square lattice, as in QAPLIB's tai64c and tai256c."""
    cells = np.array(list(itertools.product(range(edge), repeat=2)))
    apart = np.abs(cells[:, None] - cells[None, :])
    squared = (np.minimum(apart, edge - apart) ** 2).sum(axis=2).astype(float)
    n = len(cells)
    B = np.divide(10.0, squared, out=np.zeros((n, n)), where=squared > 0)
    one = PairProblem(
        0.0, np.zeros(n), B, np.zeros(n, dtype=int), np.array([wanted]), np.empty((0, 2), dtype=int),
        automorphisms(B, np.zeros(n)).astype(np.int32),
    )  # fmt: skip
    return one.form(), one.symmetry()


def test_most_of_the_gap_of_frustrated_ions_is_closed():
    form, group = torus(6, 13)
    problem = LiteralProblem.from_form(form, group)
    lowest_eV = sample(form, group, 1, seed=1).lowest[0][0]
    plain_eV = root_bound_eV(problem)
    below = strengthened(problem, group.permutations, Deadline(), lowest_eV)
    assert plain_eV < root_bound_eV(below) <= lowest_eV + 1e-6
    assert lowest_eV - root_bound_eV(below) < 0.5 * (lowest_eV - plain_eV)


def test_no_time_and_too_many_orbits_give_nothing(monkeypatch):
    space = salt(3)
    problem = LiteralProblem.from_form(space.form, space.group)
    assert strengthened(problem, space.group.permutations, Deadline.after(0.0)) is None
    monkeypatch.setattr(lowering, "MOST_ORBITS", 3)
    assert strengthened(problem, space.group.permutations, Deadline()) is None
