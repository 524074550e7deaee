import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Structure

from ewald.errors import CampaignError
from screening.plan.configuration_space import build_space, supercell_coordinates
from screening.plan.plan import build_plan


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.integers(-3, 3), min_size=9, max_size=9))
def test_the_sites_of_a_supercell_are_those_of_pymatgen(rows):
    matrix = np.array(rows).reshape(3, 3)
    if not 0 < abs(round(np.linalg.det(matrix))) <= 20:
        return
    crystal = Structure(np.diag([4.0, 5.0, 6.0]), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.25, 0.125]])
    coords = supercell_coordinates(crystal.frac_coords, tuple(map(tuple, matrix.tolist())))
    copies = len(coords) // 2
    ours = Structure(matrix @ crystal.lattice.matrix, ["Na"] * copies + ["Cl"] * copies, coords)
    theirs = crystal.make_supercell(matrix.tolist(), in_place=False)
    assert len(ours) == len(theirs)
    for species in ("Na", "Cl"):
        mine = [site.frac_coords for site in ours if site.specie.symbol == species]
        other = [site.frac_coords for site in theirs if site.specie.symbol == species]
        nearest = theirs.lattice.get_all_distances(mine, other).min(axis=1)
        assert nearest.max() < 1e-6


@pytest.fixture(scope="module")
def small(campaign, tmp_path_factory):
    made = campaign(
        "Na3SbS4_tet_derived",
        [{"site": "Sb", "dopants": ["W6+"], "levels": ["1/4", "1/2"]}],
        supercell={"target_ions": 32, "max_ions": 32},
    )
    return build_plan(made, tmp_path_factory.mktemp("plan"))


def test_nothing_is_lost_or_doubled(small):
    """Every arrangement, written out one by one, makes as many as the counts say; up to symmetry, too."""
    for composition in small.compositions[1:]:
        space = build_space(composition)
        variable = space.variable_sublattices
        seen = set()
        for chosen in itertools.product(*(itertools.combinations(range(len(s.sites)), s.counts[1]) for s in variable)):
            occupation = []
            for sublattice, minority in zip(variable, chosen, strict=True):
                occupation += [int(site in minority) for site in range(len(sublattice.sites))]
            seen.add(tuple(occupation))
        assert len(seen) == composition.configurations
        orbits = {tuple(space.group.canonical(np.array(occupation))[0].tolist()) for occupation in seen}
        assert len(orbits) == int(composition.distinct_configurations)


def test_levels_of_one_supercell_share_their_symmetry_group(small):
    first, second = (build_space(composition) for composition in small.compositions[1:])
    assert first.group is second.group
    fresh = dataclasses.replace(first).group
    assert fresh is not first.group
    assert np.array_equal(first.group.permutations, fresh.permutations)


PAIRS = {"terms": [{"between": ["W", "Sb"], "table": {"r_A": [1, 8], "energy_eV": [0.5, 0]}}]}


def test_a_campaign_gives_pair_terms_to_every_space(campaign, tmp_path):
    doping = [{"site": "Sb", "dopants": ["W6+"], "levels": ["1/4"]}]
    options = {"supercell": {"target_ions": 32, "max_ions": 32}}
    made = campaign("Na3SbS4_tet_derived", doping, ewald={"pairs": PAIRS}, **options)
    composition = build_plan(made, tmp_path).compositions[-1]
    space = build_space(composition, pairs=made.ewald.pairs)
    assert space.pairs == made.ewald.pairs
    assert space.problem_hash != build_space(composition).problem_hash
    assert space.group is build_space(composition).group
    repelled = build_space(composition, pairs="born_mayer")
    assert ("S2-", "W6+") in {term.between for term in repelled.pairs.terms}


def test_pair_terms_of_ions_that_no_composition_has_are_refused(campaign, tmp_path):
    wrong = {"terms": [PAIRS["terms"][0] | {"between": ["Mo", "Sb"]}]}
    doping = [{"site": "Sb", "dopants": ["W6+"], "levels": ["1/4"]}]
    with pytest.raises(CampaignError, match=r"ewald\.pairs\.terms\.0\.between.*Mo"):
        build_plan(campaign("Na3SbS4_tet_derived", doping, ewald={"pairs": wrong}), tmp_path)
