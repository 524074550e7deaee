"""The density as the report draws it: coarse, and with levels that enclose what they say."""

import base64

import numpy as np
import pytest

from screening.mechanism import find_mechanism
from screening.mechanism.density_map import MOST_POINTS, SHARES, density_map, level_around
from screening.mechanism.sites import find_sites
from screening.transport.displacement import mobile_positions
from tests.screening.mechanism.hopping import hopping


@pytest.fixture(scope="module")
def drawn():
    run, _ = hopping(seed=3)
    mobile = run.indices("Li")
    scaled = np.einsum("nbf,ba->naf", mobile_positions(run, mobile), np.linalg.inv(run.cell_A))
    sites = find_sites(scaled, run.cell_A)
    host = np.setdiff1d(np.arange(len(run.numbers)), mobile)
    return density_map(sites, run, host), sites, run


def values_of(found):
    return np.frombuffer(base64.b64decode(found.packed), dtype=np.uint8).reshape(found.shape)


def test_levels_enclose_their_share_of_the_density(drawn):
    found, sites, _ = drawn
    for share, level in zip(SHARES, found.levels, strict=True):
        coarse = values_of(found).astype(float) ** 2
        assert coarse[coarse > level**2].sum() / coarse.sum() == pytest.approx(share, abs=0.05)
        fine = sites.density[sites.density > (level / 255) ** 2 * sites.density.max()].sum() / sites.density.sum()
        assert fine == pytest.approx(share, abs=0.12)


def test_a_large_cell_stays_small():
    rng = np.random.default_rng(0)
    scaled = rng.random((30, 3, 400))
    cell = np.diag([40.0, 30.0, 20.0])
    sites = find_sites(scaled, cell)
    run, _ = hopping(frames=10)
    found = density_map(sites, run, np.arange(9, 12))
    assert np.prod(found.shape) <= MOST_POINTS
    assert found.shape[0] > found.shape[1] > found.shape[2]


def test_the_host_is_where_it_is(drawn):
    found, _, run = drawn
    assert set(found.host) == {"S"}
    expected = np.argwhere(np.ones((3, 3, 3))) / 3 + 0.5 / 3
    apart = np.array(found.places) - expected
    assert np.abs((apart - np.round(apart)) * np.diag(run.cell_A)).max() < 0.05


def test_an_even_density_has_a_level():
    assert level_around(np.full(10, 255, dtype=np.uint8), 0.97) == 254.5


def test_the_mechanism_holds_it():
    assert find_mechanism(hopping(seed=3)[0], species="Li", temperature_K=500).density is not None
