"""Sites are where the density has its maxima."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from ewald.errors import UserError
from screening.mechanism.sites import density_of, find_sites, sites_of_crystal


def wells(centres, *, edge=9.0, frames=3000, spread_A=0.25, seed=0, shares=None):
    """One ion for each centre, or one ion that visits them with given shares."""
    rng, centres = np.random.default_rng(seed), np.array(centres)
    if shares is None:
        path = np.repeat(centres[:, :, None], frames, axis=2) * edge
    else:
        path = centres[rng.choice(len(centres), frames, p=shares)].T[None] * edge
    return (path + rng.normal(0, spread_A, path.shape)) / edge, np.eye(3) * edge


CENTRES = [[0.02, 0.5, 0.98], [0.5, 0.5, 0.5], [0.3, 0.1, 0.8]]


def test_the_density_holds_every_ion():
    scaled, cell = wells(CENTRES)
    density = density_of(scaled, cell)
    assert density.sum() * 9.0**3 / density.size == pytest.approx(3.0)


def test_wells_are_found_across_the_border_of_the_cell():
    scaled, cell = wells(CENTRES)
    sites = find_sites(scaled + 5.0, cell)
    assert len(sites) == 3
    assert sites.occupancy == pytest.approx([1, 1, 1], abs=0.02)
    for centre in CENTRES:
        apart = sites.scaled - centre
        assert np.linalg.norm((apart - np.round(apart)) * 9.0, axis=1).min() < 0.1


def test_occupancies_are_shares_of_the_time():
    scaled, cell = wells(CENTRES, shares=[0.7, 0.2, 0.1])
    assert sorted(find_sites(scaled, cell).occupancy) == pytest.approx([0.1, 0.2, 0.7], abs=0.03)


def test_wells_that_a_shallow_barrier_parts_are_one_site_and_two_ions_are_two():
    near = [[0.5, 0.5, 0.5], [0.555, 0.5, 0.5]]
    scaled, cell = wells(near, shares=[0.5, 0.5])
    assert len(find_sites(scaled, cell)) == 1
    apart, cell = wells([[0.45, 0.5, 0.5], [0.60, 0.5, 0.5]], spread_A=0.35)
    assert len(find_sites(apart, cell)) == 2


def test_sites_of_a_crystal():
    scaled, cell = wells(CENTRES, shares=[0.7, 0.2, 0.1])
    crystal = Structure(Lattice(cell), ["Li", "Li", {"Li": 0.5, "Na": 0.2}, "S"], [*CENTRES, [0.9, 0.9, 0.1]])
    sites = sites_of_crystal(find_sites(scaled, cell), crystal, "Li")
    np.testing.assert_allclose(sites.scaled, CENTRES)
    assert sites.occupancy == pytest.approx([0.7, 0.2, 0.1], abs=0.03)
    with pytest.raises(UserError, match="no site of the mobile"):
        sites_of_crystal(sites, crystal, "K")
    crystal.apply_strain(0.3)
    with pytest.raises(UserError, match="another cell"):
        sites_of_crystal(sites, crystal, "Li")
