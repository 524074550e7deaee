"""From partial occupancies to whole numbers of ions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewald.errors import StructureError
from ewald.io.occupancy import PartialSublattice, balanced_counts, whole_counts


def sublattice(name, sites, amounts):
    return PartialSublattice(name, tuple(range(sites)), amounts)


def group(**amounts):
    return sublattice("A", 8, amounts)


@given(sites=st.integers(1, 12), copies=st.integers(1, 12), share=st.integers(0, 12), noise=st.floats(-0.004, 0.004))
def test_numbers_come_back_from_rounded_occupancies(sites, copies, share, noise):
    number = min(share, sites * copies)
    occupancy = min(max(number / (sites * copies) + noise, 0.0), 1.0)
    one = sublattice("A", sites, {"Na+": occupancy * sites})
    counts, note = whole_counts(one, copies, [one])
    assert sum(counts.values()) == sites * copies
    assert abs(counts["Na+"] / (sites * copies) - occupancy) <= 0.005 + 1e-12
    assert abs(noise) * sites * copies > 0.49 or counts["Na+"] == number
    assert (note is not None) == any(
        abs(count - mean) > 1e-3 for count, mean in ((counts["Na+"], occupancy * sites * copies),)
    )


def test_vacancies_fill_up():
    assert whole_counts(group(**{"Na+": 3.0, "K+": 2.0}), 2, []) == ({"Na+": 6, "K+": 4, "vacancy": 6}, None)
    assert whole_counts(group(**{"Na+": 8.0}), 2, []) == ({"Na+": 16}, None)


def test_more_ions_than_sites():
    with pytest.raises(StructureError, match=r"occupancies add up to 1\.1250, more than 1"):
        whole_counts(group(**{"Na+": 5.0, "K+": 4.0}), 1, [])


def test_a_supercell_is_only_proposed_when_it_is_neutral():
    half = sublattice("A", 1, {"Na+": 0.499})
    charged = [half, sublattice("B", 1, {"Cl-": 1.0})]
    with pytest.raises(StructureError, match='--supercell "1 1 2"'):
        whole_counts(half, 1, charged, 0.005)
    with pytest.raises(StructureError, match="change the occupancies in the file"):
        whole_counts(half, 1, charged, 0.005, {"Na+": 1, "Cl-": -1})


def test_sharing_is_proposed_where_it_does_in_this_cell():
    first, second = sublattice("Li1", 4, {"Li+": 2.6}), sublattice("Li2", 2, {"Li+": 1.4})
    anion = sublattice("Cl", 4, {"Cl-": 4.0})
    with pytest.raises(StructureError) as caught:
        whole_counts(first, 1, [first, second, anion], 0.005, {"Li+": 1, "Cl-": -1})
    assert caught.value.fix == "--couple Li, so that its sublattices share their ions"
    third = sublattice("Li2", 2, {"Li+": 0.9})
    anion = sublattice("Cl", 4, {"Cl-": 3.5})
    with pytest.raises(StructureError) as caught:
        whole_counts(first, 1, [first, third, anion], 0.005, {"Li+": 1, "Cl-": -1})
    assert '--couple Li --supercell "1 1 2"' in caught.value.fix


def fix_for(everyone, charges):
    """What is proposed for the first sublattice that does not fit in one unit cell, or None if all fit."""
    for one in everyone:
        try:
            whole_counts(one, 1, everyone, 0.005, charges)
        except StructureError as error:
            return error.fix
    return None


def test_ions_alone_on_their_sites_are_pooled_where_rounding_is_needed_as_well():
    """The occupancies of Li10GeP2S12 as refined; Ge and P, which do not move, are not pooled."""
    everyone = [
        sublattice("Li0", 16, {"Li+": 16 * 0.691}),
        sublattice("Li1", 8, {"Li+": 8 * 0.643}),
        sublattice("Li2", 4, {"Li+": 4.0}),
        sublattice("P4", 4, {"Ge4+": 4 * 0.515, "P5+": 4 * 0.485}),
        sublattice("P5", 2, {"P5+": 2.0}),
        sublattice("S", 24, {"S2-": 24.0}),
    ]
    charges = {"Li+": 1, "Ge4+": 4, "P5+": 5, "S2-": -2}
    assert fix_for(everyone, charges) == "--couple Li --occupancy-tolerance 0.02 in this cell would do"


def test_neutrality_is_proposed_where_it_gives_numbers_near_the_occupancies():
    sites = [sublattice("Na", 8, {"Na+": 8 * 0.83}), sublattice("Cl", 7, {"Cl-": 7.0})]
    charges = {"Na+": 1, "Cl-": -1}
    assert fix_for(sites, charges).startswith("--balance Na in this cell")
    far = [sublattice("Na", 8, {"Na+": 8 * 0.7}), sublattice("Cl", 7, {"Cl-": 7.0})]
    assert "--balance Na in this cell" not in fix_for(far, charges)


@given(
    sites=st.integers(1, 24),
    occupancy=st.floats(0.02, 0.98),
    others=st.integers(1, 24),
    dopant=st.floats(0.02, 0.98),
    short=st.integers(0, 2),
)
def test_options_that_are_proposed_do_what_they_promise(sites, occupancy, others, dopant, short):
    mobile = sublattice("Na", sites, {"Na+": sites * occupancy})
    host = sublattice("Sb", others, {"Sb5+": others * (1 - dopant), "W6+": others * dopant})
    # Enough anions for a cell that is neutral, or nearly so.
    anions = (round(sites * occupancy) + 5 * others + round(others * dopant) + short) // 2
    anion = sublattice("S", anions, {"S2-": float(anions)})
    charges = {"Na+": 1, "Sb5+": 5, "W6+": 6, "S2-": -2}
    everyone = [mobile, host, anion]
    fix = fix_for(everyone, charges)
    if fix is None or " in this cell" not in fix:
        return
    words = fix.split(" in this cell")[0].split()
    options = dict(zip(words[::2], words[1::2], strict=True))
    tolerance = float(options.get("--occupancy-tolerance", 0.005))
    assert tolerance <= 0.05
    free = options.get("--balance")
    rest = [group for group in everyone if group.name != free]
    counts = {group.name: whole_counts(group, 1, rest, tolerance)[0] for group in rest}
    charge = sum(charges.get(one, 0) * number for numbers in counts.values() for one, number in numbers.items())
    if free is None:
        assert charge == 0
    else:
        group = next(group for group in everyone if group.name == free)
        balanced = balanced_counts(free, tuple(group.ions(1)), len(group.sites), charges, charge)
        assert sum(charges.get(one, 0) * number for one, number in balanced.items()) == -charge
        assert all(abs(balanced.get(one, 0) - mean) <= 0.05 * len(group.sites) for one, mean in group.ions(1).items())
