"""The binary form of the problem against the quadratic form it was made from."""

import numpy as np
from hypothesis import given, settings

from ewald.search import brute_force
from ewald.search.exact.relaxation.literals import LiteralProblem, _charge_classes
from tests.ewald.search.exact.choices import choices, energy_eV
from tests.ewald.search.exact.spaces import salt, spaces


@settings(max_examples=25)
@given(spaces())
def test_every_choice_has_the_energy_of_its_arrangements(space):
    form = space.form
    problem = LiteralProblem.from_form(form, space.group)
    classes = [_charge_classes(form, k) for k in range(len(form.sublattices))]

    def by_class(occupation):
        row = []
        for site, species in enumerate(occupation):
            found = [n for n, one in enumerate(classes[form.sublattice[site]]) if species in one.species]
            row.append(found[0])
        return tuple(row)

    expected = {by_class(o): form.energy(o) for o in brute_force.arrangements(form)}
    found = {tuple(problem.class_choice(choice)): energy_eV(problem, choice) for choice in choices(problem)}
    assert found.keys() == expected.keys()
    scale = 1 + max(map(abs, expected.values()))
    assert all(abs(found[key] - expected[key]) < 1e-9 * scale for key in found)


def test_symmetry_moves_literals_of_a_group_among_themselves_and_keeps_energies():
    space = salt(2, (1, 1, 2))
    problem = LiteralProblem.from_form(space.form, space.group)
    assert len(problem.images) == space.group.order
    for image in problem.images:
        assert (problem.group[image] == problem.group).all()
        assert sorted(image) == list(range(problem.size))
        assert np.allclose(problem.B_eV[np.ix_(image, image)], problem.B_eV, atol=1e-8)
        assert np.allclose(problem.h_eV[image], problem.h_eV, atol=1e-8)


def test_the_most_abundant_class_needs_no_literals():
    problem = LiteralProblem.from_form(salt(2, (1, 1, 2)).form, salt(2, (1, 1, 2)).group)
    # Two of four Sb sites carry W, two of twelve Na sites are vacant.
    assert problem.wanted.tolist() == [2, 2]
    assert problem.size == 4 + 12
