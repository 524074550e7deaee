"""Whole neutral numbers closest to occupancies, against going through all numbers."""

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.io.choices.whole_numbers import MixedValence, NearestNumbers
from ewald.io.occupancy import PartialSublattice
from ewald.ions import VACANCY, element_of

CHARGES = {"Li+": 1.0, "Mg2+": 2.0, "Al3+": 3.0, "O2-": -2.0, "F-": -1.0}


def distance(groups, numbers, cells, mobile=None):
    """The definition, written out."""
    weights = {
        element_of(species): 2 * abs(CHARGES[species])
        for group in groups
        for species in group.amounts
        if mobile == "Li" and element_of(species) != "Li" and sum(group.amounts.values()) < 0.99 * len(group.sites)
    }
    elements, moved, ions = {}, 0.0, 0.0
    for group, own in zip(groups, numbers, strict=True):
        for species, amount in group.amounts.items():
            mean = amount * cells
            moved += abs(own[species] - mean)
            ions += mean
            total = elements.setdefault(element_of(species), [0.0, 0])
            total[0] += mean
            total[1] += own[species]
    for element, (mean, taken) in elements.items():
        moved += abs(taken - mean) + max(math.ceil(mean - 0.5 - 1e-9) - taken, 0) * (weights.get(element, 1) - 1)
    return moved / ions


def every_choice(groups, cells, tolerance):
    options = []
    for group in groups:
        sites = len(group.sites) * cells
        full = len(group.sites) - sum(group.amounts.values()) <= tolerance * len(group.sites)
        species = list(group.amounts)
        options.append(
            [
                dict(zip(species, counts, strict=True))
                for counts in itertools.product(range(sites + 1), repeat=len(species))
                if (sum(counts) == sites if full else sum(counts) <= sites)
            ]
        )
    for choice in itertools.product(*options):
        if abs(sum(CHARGES[s] * n for own in choice for s, n in own.items())) < 1e-9:
            yield choice


@st.composite
def crystals(draw):
    groups = []
    for name, species in (("A", ("Li+", "Mg2+")), ("B", ("Al3+", "Mg2+")), ("X", ("O2-", "F-"))):
        sites = draw(st.integers(1, 2))
        chosen = species[: draw(st.integers(1, 2))]
        shares = [draw(st.integers(1, 20)) for _ in chosen]
        filled = draw(st.sampled_from([1.0, 1.0, 0.9, 0.62]))
        amounts = {s: filled * sites * share / sum(shares) for s, share in zip(chosen, shares, strict=True)}
        groups.append(PartialSublattice(name, tuple(range(sites)), amounts))
    return groups


@settings(max_examples=60, deadline=None)
@given(crystals(), st.integers(1, 2), st.sampled_from([None, "Li"]))
def test_no_neutral_numbers_are_closer(groups, cells, mobile):
    program = NearestNumbers(groups, CHARGES, mobile=mobile)
    found = program.nearest(cells)
    mobile = mobile if any("Li+" in group.amounts for group in groups) else None
    choices = [distance(groups, choice, cells, mobile) for choice in every_choice(groups, cells, program.tolerance)]
    if not choices:
        assert found is None
        return
    assert found is not None
    assert found.distance == pytest.approx(min(choices), rel=1.1e-3, abs=1e-9)
    assert distance(groups, found.numbers, cells, mobile) == pytest.approx(found.distance)
    assert sum(CHARGES[s] * n for own in found.numbers for s, n in own.items() if s != VACANCY) == 0


@settings(max_examples=20, deadline=None)
@given(crystals())
def test_the_cell_is_the_closest_of_all_or_the_first_that_only_rounds(groups):
    program = NearestNumbers(groups, CHARGES)
    best = program.best(most_ions=30)
    each = [found for n in range(1, max(1, int(30 / program.ions)) + 1) if (found := program.nearest(n)) is not None]
    each = [found for found in each if found.cells == 1 or found.ions <= 30]
    if best is None:
        assert not each
        return
    rounding = [one for one in each if one.largest_change <= program.tolerance and not one.vanished]
    if rounding:
        assert best.cells == rounding[0].cells
    else:
        least = min(one.vanished for one in each)
        assert best.distance == pytest.approx(min(one.distance for one in each if one.vanished == least), abs=1e-6)


def test_a_refined_garnet():
    lithium = PartialSublattice("Li", tuple(range(120)), {"Li+": 52.4})
    zirconium = PartialSublattice("Zr", tuple(range(16)), {"Zr4+": 12.6, "Ta5+": 3.4})
    rest = PartialSublattice("La", tuple(range(24)), {"La3+": 24.0})
    oxygen = PartialSublattice("O", tuple(range(96)), {"O2-": 96.0})
    charges = {"Li+": 1.0, "Zr4+": 4.0, "Ta5+": 5.0, "La3+": 3.0, "O2-": -2.0}
    found = NearestNumbers([lithium, zirconium, rest, oxygen], charges).best()
    assert found.cells == 1
    assert found.numbers[0] == {"Li+": 53, VACANCY: 67}
    assert found.numbers[1] == {"Zr4+": 13, "Ta5+": 3}


def test_an_element_of_mixed_valence_takes_the_charge_that_is_left():
    sodium = PartialSublattice("Na", (0,), {"Na+": 0.6})
    cobalt = PartialSublattice("Co", (1,), {"Co3.4+": 1.0})
    oxygen = PartialSublattice("O", (2, 3), {"O2-": 2.0})
    charges = {"Na+": 1.0, "Co3.4+": 3.4, "O2-": -2.0}
    found = NearestNumbers([sodium, cobalt, oxygen], charges, MixedValence("Co", 3, 4)).best()
    assert found.cells == 5
    assert found.numbers[0] == {"Na+": 3, VACANCY: 2}
    assert found.charges["Co3.4+"] == pytest.approx(3.4)
    found = NearestNumbers([sodium, cobalt, oxygen], charges, MixedValence("Co", 3, 4)).nearest(2)
    assert found.numbers[0] == {"Na+": 1, VACANCY: 1}
    assert math.fsum(found.charges[s] * n for own in found.numbers for s, n in own.items() if s != VACANCY) == 0
    assert "Co3.5+" in found.numbers[1]


def test_a_dopant_that_would_vanish_gets_a_larger_cell():
    metal = PartialSublattice("M", (0, 1), {"Mg2+": 1.95, "Al3+": 0.05})
    fill = PartialSublattice("X", (2, 3), {"O2-": 2.0})
    charge = PartialSublattice("I", (4,), {"F-": 0.05})
    found = NearestNumbers([metal, fill, charge], CHARGES, tolerance=0.03).best()
    assert not found.vanished
    assert found.numbers[0]["Al3+"] == found.numbers[2]["F-"] == 1


def test_mobile_ions_are_added_before_one_of_the_framework_is_left_out():
    """Nepheline: an oxide ion spread over three sites, and potassium whose sites have room."""
    potassium = PartialSublattice("K", (0, 1), {"K+": 1.44})
    oxygen = PartialSublattice("O1", tuple(range(2, 8)), {"O2-": 2.0})
    rest = PartialSublattice("rest", tuple(range(8, 10)), {"Na+": 2.0})
    charges = {"K+": 1.0, "O2-": -2.0, "Na+": 1.0}
    assert NearestNumbers([potassium, oxygen, rest], charges, mobile="K").nearest(4).numbers[0] == {"K+": 8}
    assert NearestNumbers([potassium, oxygen, rest], charges).nearest(4).numbers[1] == {"O2-": 7, VACANCY: 17}


def test_a_supercell_has_at_most_so_many_ions_with_those_that_are_added():
    """An argyrodite that lacks lithium: what neutrality adds counts, too."""
    groups = [
        PartialSublattice("Li", tuple(range(48)), {"Li+": 21.12}),
        PartialSublattice("P", tuple(range(4)), {"Al3+": 4.0}),
        PartialSublattice("X", tuple(range(16)), {"O2-": 15.2, "F-": 0.8}),
        PartialSublattice("Y", tuple(range(4)), {"O2-": 1.2, "F-": 2.8}),
    ]
    limit = 230
    best = NearestNumbers(groups, CHARGES, mobile="Li").best(limit)
    assert best.cells > 1
    assert best.ions <= limit
