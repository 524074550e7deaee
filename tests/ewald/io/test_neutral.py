"""Free numbers of ions: counted and listed like by hand, on one sublattice, several, coupled ones, and anions."""

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from ewald import ConfigurationSpace, neutral_spaces
from ewald.errors import StructureError, UserError
from ewald.io.neutral import FreeCounts, FreeSublattice, NeutralCounts, neutral_choices
from ewald.search import brute_force as reference


@st.composite
def free_sublattices(draw):
    made = []
    for number in range(draw(st.integers(1, 3))):
        sites, kinds = draw(st.integers(1, 6)), draw(st.integers(2, 3))
        charges = draw(st.lists(st.sampled_from([-2, -1, 0, 0.5, 1, 4 / 3, 2]), min_size=kinds, max_size=kinds))
        ranges = [tuple(sorted(draw(st.tuples(st.integers(0, 6), st.integers(0, 6))))) for _ in range(kinds)]
        names = tuple(f"{number}{letter}" for letter in "abc"[:kinds])
        made.append(FreeSublattice(f"s{number}", sites, names, tuple(charges), tuple(ranges)))
    return made


def by_hand(sublattices, rest_e):
    """All neutral numbers by trying every number on every sublattice."""
    options = []
    for s in sublattices:
        numbers = itertools.product(*(range(low, high + 1) for low, high in s.ranges))
        options.append([n for n in numbers if sum(n) == s.sites])
    found, arrangements = [], 0
    for choice in itertools.product(*options):
        pairs = zip(sublattices, choice, strict=True)
        if abs(rest_e + sum(q * n for s, numbers in pairs for q, n in zip(s.charges, numbers, strict=True))) < 1e-6:
            found.append(choice)
            ways = [math.factorial(sum(n)) // math.prod(map(math.factorial, n)) for n in choice]
            arrangements += math.prod(ways)
    return found, arrangements


@settings(deadline=None)
@given(sublattices=free_sublattices(), rest_e=st.sampled_from([-6, -4, -1, 0, 0.5, 2, 8 / 3]))
def test_neutral_numbers_equal_those_found_by_trying_all(sublattices, rest_e):
    expected, arrangements = by_hand(sublattices, rest_e)
    neutral = NeutralCounts(sublattices, rest_e)
    listed = [
        tuple(tuple(counts.get(one, 0) for one in s.species) for s, counts in zip(sublattices, choice, strict=True))
        for choice in neutral
    ]
    assert sorted(listed) == sorted(expected)
    assert len(set(listed)) == len(listed) == neutral.number
    assert neutral.configurations == arrangements


def test_large_numbers_are_counted_without_listing():
    na = FreeSublattice("Na", 200, ("Na+", "vacancy"), (1, 0), ((0, 200), (0, 200)))
    anions = FreeSublattice("S", 300, ("S2-", "Cl-", "F-"), (-2, -1, -1), ((0, 300),) * 3)
    neutral = NeutralCounts([na, anions], rest_e=200)
    total = sum(
        math.comb(200, k) * math.comb(300, s) * 2 ** (300 - s) for k in range(201) for s in [k - 100] if 0 <= s <= 300
    )
    assert neutral.configurations == total
    with pytest.raises(StructureError, match=r"25,351 choices of numbers are neutral .* more than the 10,000"):
        neutral_choices([na, anions], rest_e=200)


@pytest.fixture
def crystal():
    """Two Na orbits, one mixed anion sublattice, one dopant sublattice; charges such that several numbers fit."""
    na, m, x = {"Na+": 0.5}, {"Mg2+": 0.5, "Al3+": 0.5}, {"S2-": 0.5, "Cl-": 0.5}
    coords = [[0, 0, 0], [0.5, 0.5, 0], [0.1, 0.4, 0.5], [0.25, 0, 0.25], [0.5, 0.1, 0.5]]
    return Structure(Lattice([[5, 0, 0], [0.3, 6, 0], [0.2, 0.4, 7]]), [na, na, m, x, x], coords)


def amounts(space):
    total: dict[str, int] = {}
    for s in space.sublattices:
        for one, count in zip(s.species, s.counts, strict=True):
            total[one] = total.get(one, 0) + count
    return total


def expected_amounts(cells, least_vacancies=0):
    """Numbers of Na, Al and Cl that are neutral: Na + 2 M + Al - 2 X + Cl = 0 with M = cells and X = 2 cells sites."""
    return {
        (na, al, cl)
        for na in range(2 * cells - least_vacancies + 1)
        for al in range(cells + 1)
        for cl in range(2 * cells + 1)
        if na + 2 * cells + al - 4 * cells + cl == 0
    }


def na_al_cl(spaces):
    return [tuple(amounts(space).get(one, 0) for one in ("Na+", "Al3+", "Cl-")) for space in spaces]


def test_free_numbers_on_coupled_sublattices_and_anions(crystal):
    spaces = neutral_spaces(crystal, ["Na", "Mg", "Cl"], supercell="1 1 2", couple=["Na", "Cl"])
    found = na_al_cl(spaces)
    assert set(found) == expected_amounts(2)
    assert len(found) == len(set(found))
    for space, (na, al, cl) in zip(spaces, found, strict=True):
        assert space.neutral
        assert space.configurations == math.comb(4, na) * math.comb(2, al) * math.comb(4, cl)
        visited = reference.search(space.form, space.group, 1).evaluated if space.configurations <= 200 else None
        assert visited in {None, space.configurations}


def test_sublattices_apart_have_numbers_of_their_own(crystal):
    names = [s.name for s in neutral_spaces(crystal, ["Mg"], supercell="1 1 2", couple=["Cl", "Na"])[0].sublattices]
    spaces = neutral_spaces(crystal, ["Na_1", "Na_2", "Mg"], supercell="1 1 2", couple=["Cl"])
    # Cl is fixed by its occupancy, 2 of 4: Na + Al = 2.
    expected = {(a, b) for a in range(3) for b in range(3) if 0 <= 2 - a - b <= 2}
    found = {
        tuple(s.counts[s.species.index("Na+")] if "Na+" in s.species else 0 for s in x.sublattices[:2]) for x in spaces
    }
    assert found == expected
    assert "Na" in names


def test_limits_on_the_numbers(crystal):
    spaces = neutral_spaces(crystal, ["Na:vacancy=2-4", "Mg", "Cl:Cl=1-3"], supercell="1 1 2", couple=["Na", "Cl"])
    assert set(na_al_cl(spaces)) == {(na, al, cl) for na, al, cl in expected_amounts(2, 2) if 1 <= cl <= 3}


YAML = """
lattice: [[5, 0, 0], [0.3, 6, 0], [0.2, 0.4, 7]]
supercell: 1 1 2
charges: {Na: 1, Mg: 2, Al: 3, S: -2, Cl: -1}
sublattices:
  - {name: Na, frac_coords: [[0, 0, 0], [0.5, 0.5, 0]], counts: {Na: free, vacancy: VACANCY}}
  - {name: M, frac_coords: [[0.1, 0.4, 0.5]], counts: {Mg: free, Al: free}}
  - {name: X, frac_coords: [[0.25, 0, 0.25], [0.5, 0.1, 0.5]], counts: {S: free, Cl: free}}
"""


def test_a_space_file_with_free_numbers(tmp_path):
    path = tmp_path / "free.yaml"
    path.write_text(YAML.replace("VACANCY", "free"))
    assert set(na_al_cl(neutral_spaces(path))) == expected_amounts(2)
    path.write_text(YAML.replace("VACANCY", "[2, 4]"))
    assert set(na_al_cl(neutral_spaces(path))) == expected_amounts(2, 2)
    with pytest.raises(UserError, match="it defines several spaces"):
        ConfigurationSpace.from_file(path)


def test_a_space_file_that_refines_a_structure(tmp_path, crystal):
    crystal.to(filename=str(tmp_path / "crystal.cif"), fmt="cif")
    path = tmp_path / "free.yaml"
    path.write_text("structure: crystal.cif\nsupercell: 1 1 2\ncouple: [Na, Cl]\nfree: [Na, Mg, 'Cl:Cl=1-3']\n")
    assert set(na_al_cl(neutral_spaces(path))) == {x for x in expected_amounts(2) if 1 <= x[2] <= 3}
    assert {x[2] for x in na_al_cl(neutral_spaces(path, ["Cl:Cl=2"]))} == {2}


@pytest.mark.parametrize(
    ("free", "message"),
    [
        (["K"], r"free = 'K': must name one sublattice \(fix: choose among Na, Mg/Al, Cl"),
        (["Na:vacancy=6-2"], "not a range of numbers"),
        (["Na:vacancy"], "not a range of numbers"),
        (["Na:K=1"], "'K': is not a species of that sublattice"),
        (["Na:vacancy=4"], "no numbers of ions make the cell neutral"),
    ],
)
def test_mistakes(crystal, free, message):
    with pytest.raises(StructureError, match=message):
        neutral_spaces(crystal, free, supercell="1 1 2", couple=["Na", "Cl"])


def test_limits_of_counts_are_read():
    request = FreeCounts.parse("Sb/W: W6+=0-3, Sb=4")
    assert request == FreeCounts("Sb/W", {"W6+": (0, 3), "Sb": (4, 4)})
