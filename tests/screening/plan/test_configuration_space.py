import dataclasses
import itertools
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Structure

from ewald.errors import CampaignError
from ewald.search.screen import screen
from screening.campaign.doping import DopingPlan
from screening.plan.compensation import compensate, undoped
from screening.plan.composition import Composition, compose
from screening.plan.configuration_space import build_space, supercell_coordinates
from screening.plan.mother import Mother
from screening.plan.plan import build_plan
from screening.plan.substitution import Substitution
from screening.plan.supercell import common_multiple, describe_supercell


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


@st.composite
def doped_mothers(draw):
    """A mother of which some ions share some sites of the mobile ion, and a substitution of such an ion in it."""
    contents = st.dictionaries(st.sampled_from(["Na+", "Er3+", "Mg2+"]), st.integers(1, 2), max_size=2)
    sites = [{"Na+": 1}, *draw(st.lists(contents.filter(lambda site: sum(site.values()) in (1, 2)), max_size=4))]
    species = [{ion: number / 2 for ion, number in site.items()} for site in sites]
    coords = [[0, 0, k / len(sites)] for k in range(len(sites))]
    mother = Mother(
        name="M", mobile="Na", structure=Structure(np.eye(3) * 5, species, coords), charges_from="", source=""
    )
    host = draw(st.sampled_from(sorted(mother.counts())))
    dopant = draw(st.sampled_from(sorted({"Y3+", "Mg2+"} - {host})))
    substitution = Substitution(site=host, host=host, shares=((dopant, Fraction(1, 2)),), plan=0)
    return mother, draw(st.sampled_from([None, substitution]))


@settings(max_examples=150, deadline=None)
@given(doped_mothers())
def test_every_ion_stays_on_the_sites_where_the_file_has_it_and_dopants_on_those_of_the_host(case):
    """The counts are those of writing out every arrangement of the ions, site by site."""
    mother, substitution = case
    held = [set(site) | ({"vacancy"} if "Na+" in site else set()) for site in mother.occupancies()]
    draft = undoped(mother)
    if substitution is not None:
        draft, _ = compensate(
            mother, substitution, DopingPlan(site=substitution.host, compensation=("vacancy", "interstitial"))
        )
        if draft is None:
            return
        for site in held:
            site.update(one for one, _ in substitution.shares if substitution.host in site)
    added = [["Na+", "vacancy"]] * len(draft.occupation.added_sites)
    cells = common_multiple(count for group in draft.occupation.groups for count in group.counts.values())
    composition = compose(mother, draft, describe_supercell(np.eye(3) * 5, ((cells, 0, 0), (0, 1, 0), (0, 0, 1))))
    expected = 1
    for group in composition.groups:
        allowed = [sorted([*held, *added][site]) for site in group.sites for _ in range(cells)]
        wanted = Counter(dict(zip(group.species, group.counts, strict=True)))
        expected *= fillings(allowed, wanted)
    assert composition.configurations == expected
    if expected:
        assert build_space(composition).configurations == expected


def fillings(allowed, left):
    """Count the ways to fill the sites one by one."""
    if not allowed:
        return 1
    return sum(fillings(allowed[1:], left - Counter([one])) for one in allowed[0] if left[one])


LI3ERI6 = """data_Li3ErI6 # OBELiX 9wf, CC BY 4.0, https://doi.org/10.1039/d5dd00441a
_symmetry_space_group_name_H-M C2/c
_symmetry_Int_Tables_number 15
_cell_length_a 7.413
_cell_length_b 12.838
_cell_length_c 14.2
_cell_angle_alpha 90
_cell_angle_beta 100.01
_cell_angle_gamma 90
loop_
_atom_site_type_symbol
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Li Li0 0 0.275 0.75 0.8
Li Li1 0 0.4218 0.25 0.2
Er Er2 0.25 0.0782 0 0.16
Li Li3 0.25 0.0782 0 0.84
Er Er4 0.25 0.25 0.5 0.68
Li Li5 0.25 0.25 0.5 0.32
I I6 0.109 0.0988 0.617 1
I I7 0.114 0.419 0.627 1
I I8 0.116 0.247 0.123 1
"""


def test_erbium_stays_on_its_sites_of_a_published_crystal(campaign, tmp_path):
    """Er shares two of the four Li sites of Li3ErI6: so do its substituent and every arrangement that is found."""
    (tmp_path / "Li3ErI6.cif").write_text(LI3ERI6)
    doping = [{"site": "Er", "dopants": ["Zr4+"], "levels": ["1/4"]}]
    made = campaign("Li3ErI6.cif", doping, mobile="Li", supercell={"target_ions": 120, "max_ions": 160})
    plan = build_plan(made, tmp_path, count_distinct=False)
    crystal = plan.mothers[0].structure
    shared = {site for site, one in enumerate(crystal) if any(ion.symbol == "Er" for ion in one.species)}
    assert [len(shared), len(plan.compositions)] == [12, 2]
    for composition in plan.compositions:
        pool = next(group for group in composition.groups if "Er3+" in group.species)
        assert {ion: set(sites) for ion, sites in pool.only} == {
            ion: shared for ion in pool.species if ion in {"Er3+", "Zr4+"}
        }
        cells = composition.supercell.cells
        for arrangement in screen(build_space(composition), keep=3, method="sample", time_limit_s=2).lowest:
            heavy = [
                site // cells
                for group in arrangement.space.sublattices
                for site in group.sites
                if group.species[arrangement.occupation[site]] in {"Er3+", "Zr4+"}
            ]
            assert len(heavy) == 4 * cells
            assert set(heavy) <= shared


GROUPS = """data_groups
_symmetry_space_group_name_H-M 'P -1'
_cell_length_a 9
_cell_length_b 10
_cell_length_c 11
_cell_angle_alpha 90
_cell_angle_beta 95
_cell_angle_gamma 90
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
_atom_site_disorder_assembly
_atom_site_disorder_group
Na1 Na 0 0 0 1 . .
Na2 Na .5 .5 .5 1 . .
Na3 Na .2 .7 .8 1 . .
Cl1 Cl .1 .2 .1 .5 A 1
Br1 Br .3 .2 .4 .5 A 1
Cl2 Cl .4 .45 .1 .5 A 2
Br2 Br .1 .45 .35 .5 A 2
"""


def test_disorder_groups_of_a_mother_exclude_one_another(campaign, tmp_path):
    """Each of the assemblies holds one of its two groups, whole."""
    (tmp_path / "groups.cif").write_text(GROUPS)
    made = campaign("groups.cif", [], supercell={"target_ions": 16, "max_ions": 16})
    (composition,) = build_plan(made, tmp_path).compositions
    assert int(composition.allowed_configurations) == 2 ** (2 * composition.supercell.cells) == 16
    assert composition.inputs_hash() != composition.model_copy(update={"alternatives": ()}).inputs_hash()
    assert Composition.from_document(composition.to_document()).inputs_hash() == composition.inputs_hash()
    found = screen(build_space(composition), keep=16, method="exhaustive")
    assert sum(arrangement.multiplicity for arrangement in found.lowest) == 16


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


@pytest.mark.parametrize(("apart_A", "both", "excluded"), [(0.7, 0, True), (0.85, 0, True), (1.0, 1, False)])
def test_split_sites_of_a_refined_mother_are_never_both_filled(campaign, tmp_path, apart_A, both, excluded):
    """Two half-filled Na sites beside one another, two cells: one Na for each pair, or anywhere from 0.9 A on."""
    sites, coords = ["Cl-", {"Na+": 0.5}, {"Na+": 0.5}], [[0.5, 0.5, 0.5], [0, 0, 0], [apart_A / 6, 0, 0]]
    Structure(np.eye(3) * 6, sites, coords).to(filename=str(tmp_path / "split.cif"), fmt="cif")
    plan = build_plan(campaign("split.cif", [], supercell={"matrix": [[1, 0, 0], [0, 1, 0], [0, 0, 2]]}), tmp_path)
    (composition,) = plan.compositions
    space = build_space(composition, min_distance_A=0.5)
    assert int(composition.allowed_configurations or composition.configurations) == space.configurations == 4 + 2 * both
    assert bool(space.closest_A) == excluded
    found = screen(space, keep=10).lowest
    filled = [{site for site, name in enumerate(space.species_of(one.occupation)) if name == "Na+"} for one in found]
    assert any(max(taken) - min(taken) == 2 for taken in filled) == bool(both)
