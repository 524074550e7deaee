import numpy as np
import pytest

from screening.plan.interstitials import find_interstitials, symmetric_copies


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
