import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from ewald import reference
from ewald.errors import StructureError
from ewald.exact import search
from ewald.form import QuadraticForm
from ewald.space import ConfigurationSpace, Sublattice
from ewald.symmetry import SymmetryGroup

from .spaces import spaces

SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def same(found, truth):
    assert [entry[1] for entry in found.lowest] == [entry[1] for entry in truth.lowest]
    assert [entry[0] for entry in found.lowest] == [entry[0] for entry in truth.lowest]
    for (_, _, mine), (_, _, theirs) in zip(found.lowest, truth.lowest, strict=True):
        assert np.array_equal(mine, theirs)


def form_of(space):
    try:
        return QuadraticForm.from_space(space)
    except StructureError:  # sites so close that the space itself is refused
        reject()


@SETTINGS
@given(spaces(), st.integers(1, 7), st.booleans())
def test_agrees_with_looking_at_every_arrangement(space, keep, use_symmetry):
    form = form_of(space)
    group = space.group if use_symmetry else SymmetryGroup.trivial(form.n)
    truth = reference.search(form, group, keep)
    found = search(form, group, keep=keep, workers=1)
    assert found.certified
    same(found, truth)
    if truth.lowest:
        assert found.gap_eV == 0.0
        assert found.bound_eV == truth.lowest[-1][0]


def salt(n_dopant, cells=(2, 2, 2)):
    """Na/Sb sites of cubic Na3SbS4 without its sulfur: W on Sb, vacancies on Na, one charge smeared over the Sb."""
    cell_sb = np.array([[0, 0, 0], [0.5, 0.5, 0.5]])
    cell_na = np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]])
    shifts = np.array(list(itertools.product(*(range(c) for c in cells))))
    sb = ((cell_sb[None] + shifts[:, None]) / cells).reshape(-1, 3)
    na = ((cell_na[None] + shifts[:, None]) / cells).reshape(-1, 3)
    charge = -3.0
    return ConfigurationSpace(
        7.19 * np.diag(cells),
        np.concatenate([sb, na]),
        (
            Sublattice("Sb", tuple(range(len(sb))), ("Sb", "W"), (charge, charge + 1), (len(sb) - n_dopant, n_dopant)),
            Sublattice(
                "Na",
                tuple(range(len(sb), len(sb) + len(na))),
                ("Na+", "vacancy"),
                (1, 0),
                (len(na) - n_dopant, n_dopant),
            ),
        ),
    )


def test_result_does_not_depend_on_workers_or_seed():
    space = salt(4)
    form = QuadraticForm.from_space(space)
    first = search(form, space.group, keep=8, workers=1)
    for workers, seed in ((2, 0), (3, 11)):
        same(search(form, space.group, keep=8, workers=workers, seed=seed), first)


def test_time_limit_gives_a_bound_below_the_truth():
    space = salt(5)
    form = QuadraticForm.from_space(space)
    full = search(form, space.group, keep=3, workers=1)
    cut = search(form, space.group, keep=3, workers=1, time_limit_s=0.0)
    assert full.certified
    assert not cut.certified
    assert cut.bound_eV is not None
    assert cut.bound_eV <= full.lowest[0][0] + 1e-9
    assert cut.gap_eV == pytest.approx(cut.lowest[-1][0] - cut.bound_eV)


def test_arrangement_of_lowest_energy_of_one_dopant_has_its_vacancy_beside_it():
    space = salt(1)
    found = search(QuadraticForm.from_space(space), space.group, keep=1)
    occupation = QuadraticForm.from_space(space).full_occupation(space, found.lowest[0][2])
    dopant = int(np.flatnonzero(occupation[:16] == 1)[0])
    vacancy = 16 + int(np.flatnonzero(occupation[16:] == 1)[0])
    apart = space.frac_coords[dopant] - space.frac_coords[vacancy]
    distance_A = np.linalg.norm((apart - np.rint(apart)) @ space.lattice)
    assert distance_A == pytest.approx(7.19 / 2)
    # Every W has six such sites; in the cube all of them are symmetry copies.
    assert found.lowest[0][1] == 16 * 6


def test_more_asked_for_than_there_is():
    space = salt(1)
    form = QuadraticForm.from_space(space)
    found = search(form, space.group, keep=10_000)
    assert found.certified
    assert sum(entry[1] for entry in found.lowest) == 16 * 48
