"""The visit of the tree: every configuration once, also when it is interrupted again and again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.search.exhaustive.compiled import tables as tables_module
from ewald.search.exhaustive.compiled.block import COUNT
from ewald.search.exhaustive.compiled.kernel import FINISHED, FULL, HELD, visit
from ewald.search.exhaustive.search import _make_work
from tests.ewald.search.exhaustive.small_spaces import all_occupations, rock_salt, small_forms


def visited(work):
    """Energies and occupations of every configuration, in the order of the visit, and how often it was interrupted."""
    scratch = tables_module.make_scratch(work.tables, work.scale)
    output = tables_module.make_output(work.tables, work.scale)
    energies, occupations, interruptions = [], [], 0
    while True:
        status = visit(
            work.tables, work.cut.nodes, scratch, output, len(work.cut.sizes), np.int32(work.scale.limit), True
        )
        held = int(scratch.state[HELD])
        energies += (work.scale.low_eV + output.candidate_energy[:held] / work.scale.per_eV).tolist()
        occupations += [row.tobytes() for row in work._occupations(output, np.arange(held))]
        scratch.state[HELD] = 0
        if status == FINISHED:
            return energies, occupations, interruptions, output
        assert status == FULL
        interruptions += 1


def work_of(form, group, **options):
    return _make_work(form, group, 3, use_symmetry=False, histogram=True, **options)


@settings(max_examples=30)
@given(small_forms(most=300), st.integers(1, 60))
def test_every_allowed_configuration_comes_once_with_its_energy(problem, unit):
    form, group = problem
    work = work_of(form, group, unit_configurations=unit)
    energies, occupations, _, output = visited(work)
    expected = {occupation.tobytes(): form.energy(occupation) for occupation in all_occupations(form)}
    assert sorted(occupations) == sorted(expected)
    for energy, occupation in zip(energies, occupations, strict=True):
        assert energy == pytest.approx(expected[occupation], abs=3 / work.scale.per_eV)
    assert output.moments[COUNT] == output.histogram.sum() == len(expected)


def test_a_visit_that_is_interrupted_goes_on_where_it_was(monkeypatch):
    space = rock_salt(cells=(1, 1, 1), cations=(1, 2, 1), anions=(2, 2))
    work = work_of(space.form, space.group)
    whole = visited(work)
    monkeypatch.setattr(tables_module, "CANDIDATES", 3)
    pieces = visited(work)
    assert whole[2] == 0
    assert pieces[2] > 1
    assert pieces[:2] == whole[:2]
    assert (pieces[3].histogram == whole[3].histogram).all()
    assert (pieces[3].moments == whole[3].moments).all()
