import numpy as np
import pytest
from pymatgen.analysis.ewald import EwaldSummation

from screening.plan.interstitials import find_interstitials, least_distances, symmetric_copies, void_kinds
from screening.species import charge_of


@pytest.mark.parametrize("name", ["Na3PS4_cubic", "Na3SbS4_tet_derived", "NaCrS2", "NaBiS2"])
def test_voids_keep_their_distance_and_form_whole_orbits(mother, name):
    crystal = mother(name)
    sites = find_interstitials(crystal, 2.0)
    assert sites
    lattice = crystal.structure.lattice
    assert np.asarray(lattice.get_all_distances(sites, crystal.structure.frac_coords)).min() >= 2.0
    assert len(symmetric_copies(crystal, sites)) == len(sites)


def test_a_larger_distance_leaves_fewer_sites(mother):
    crystal = mother("Na3SbS4_tet_derived")
    assert len(find_interstitials(crystal, 2.2)) < len(find_interstitials(crystal, 2.0))
    assert find_interstitials(crystal, 5.0) == ()


def test_the_tetrahedra_of_a_layered_sulfide_are_found(mother):
    # alpha-NaFeO2 type: two kinds of tetrahedral voids, six each per hexagonal cell, one in each kind of layer.
    assert len(find_interstitials(mother("NaCrS2"), 2.0)) == 12


@pytest.mark.parametrize(
    "name", ["Na3PS4_tet_exp", "Na3SbS4_tet_derived", "NaCrS2", "NaBiS2", "NaInS2_derived", "NaTiS2_derived"]
)
def test_by_default_the_radii_of_the_ions_say_how_near_a_void_may_be(mother, name):
    crystal = mother(name)
    least = np.array(least_distances(crystal))
    sites = find_interstitials(crystal)
    assert sites
    distances = np.asarray(crystal.structure.lattice.get_all_distances(sites, crystal.structure.frac_coords))
    assert (distances >= least - 1e-6).all()
    # Na+ 1.16 and S2- 1.70 A (crystal radii, Shannon): 0.75 times their sum.
    sulfur = np.array([site.specie.symbol == "S" for site in crystal.structure])
    assert least[sulfur] == pytest.approx(0.75 * (1.16 + 1.70))
    assert set(sites) <= set(find_interstitials(crystal, 1.5))


def test_voids_that_only_point_charges_would_fill_are_no_interstitial_sites(mother):
    # Of the four kinds in Na3PS4 that keep 2.0 A, two are 2.0 A from S, where Na-S is 2.8 A in the crystal.
    crystal = mother("Na3PS4_tet_exp")
    kinds = void_kinds(crystal, 2.0)
    assert [kind.sites for kind in kinds] == [8, 8, 8, 8]
    kept = void_kinds(crystal)
    assert len(kept) == 2
    assert min(kind.anion_distance_A for kind in kept) > 2.14 > min(kind.anion_distance_A for kind in kinds)
    assert {kind.anion for kind in kinds} == {"S"}


@pytest.mark.parametrize("name", ["Na3PS4_tet_exp", "NaCrS2"])
def test_the_site_energy_is_the_change_of_pymatgens_ewald_sum(mother, name):
    crystal = mother(name)
    for kind, site in zip_kinds(crystal):
        with_ion = crystal.structure.copy()
        with_ion.append(crystal.mobile_species, site)
        alone = crystal.structure.copy()
        alone.remove_sites(range(len(alone)))
        alone.append(crystal.mobile_species, site)
        # The added ion with its own images is no part of a site energy; both charged cells have the same background.
        total, before, images = (
            EwaldSummation(s, acc_factor=14).total_energy for s in (with_ion, crystal.structure, alone)
        )
        assert charge_of(crystal.mobile_species) == 1
        assert kind.site_energy_eV == pytest.approx(total - before - images, abs=2e-3)


def zip_kinds(crystal):
    sites = find_interstitials(crystal)
    kinds = void_kinds(crystal)
    first, firsts = 0, []
    for orbit in sorted(kinds, key=lambda kind: -min(kind.anion_distance_A, kind.cation_distance_A)):
        firsts.append((orbit, sites[first]))
        first += orbit.sites
    assert first == len(sites)
    return firsts
