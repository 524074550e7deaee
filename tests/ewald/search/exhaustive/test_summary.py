"""Histogram, moments and thermal averages from the sums of a search."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewald.search.exhaustive.found import Found
from ewald.search.exhaustive.search import search
from ewald.search.exhaustive.summary import (
    _undo_overcount,
    moments,
    report_histogram,
    thermal_averages,
)
from ewald.search.exhaustive.units import Units
from tests.ewald.search.exhaustive.small_spaces import brute_force, rock_salt

UNITS = Units(low_eV=-2.0, per_eV=100.0, bin_eV=0.01, shift=0, bins=4000)


def found_of(energies, overcount=1):
    """What a search would add up of whole-number energies from a centre of zero."""
    histogram = np.bincount(energies, minlength=UNITS.bins).astype(np.int64) * overcount
    total, square = int(np.sum(energies)) * overcount, int(np.sum(np.square(energies))) * overcount
    return Found(len(energies), len(energies) * overcount, total, square, histogram)


def test_thermal_averages_equal_direct_sums():
    space = rock_salt(cells=(1, 1, 1), cations=(1, 2, 1), anions=(3, 1))
    energies, _ = brute_force(space.form, space.group, 1)
    found = search(space.form, space.group, keep=1, progress=False)
    for row in found.statistics["thermal"]:
        kT = 8.617333262e-5 * row["temperature_K"]
        weights = np.exp(-(energies - energies.min()) / kT)
        assert row["free_energy_eV"] == pytest.approx(energies.min() - kT * math.log(weights.sum()), abs=2e-3)
        assert row["mean_energy_eV"] == pytest.approx((weights * energies).sum() / weights.sum(), abs=2e-3)


@given(st.lists(st.integers(0, 3999), min_size=1, max_size=60), st.integers(1, 4))
def test_moments_and_histogram_count_every_configuration_once(energies, overcount):
    found = found_of(energies, overcount)
    values_eV = -2.0 + np.array(energies) / 100
    told = moments(found, UNITS, 0, overcount)
    assert told["configurations"] == len(energies)
    assert told["mean_eV"] == pytest.approx(values_eV.mean(), abs=1e-9)
    assert told["variance_eV2"] == pytest.approx(values_eV.var(), abs=1e-9)
    histogram = report_histogram(found, UNITS, overcount)
    assert sum(histogram.counts) == len(energies)
    for bound in range(len(histogram.counts) + 1):
        edge = histogram.low_eV + bound * histogram.width_eV
        assert sum(histogram.counts[:bound]) == (values_eV < edge - 1e-6).sum()
    assert histogram.low_eV / histogram.width_eV == pytest.approx(round(histogram.low_eV / histogram.width_eV))
    assert histogram.counts[0] > 0
    assert histogram.counts[-1] > 0


@given(st.lists(st.integers(0, 9), min_size=1, max_size=20), st.integers(1, 5))
def test_a_remainder_goes_to_the_next_bin_and_the_total_stays(counts, overcount):
    counts[-1] += -sum(counts) % overcount
    undone = _undo_overcount(np.array(counts), overcount)
    assert undone.sum() * overcount == sum(counts)
    assert (undone >= 0).all()
    assert (np.abs(np.cumsum(undone) - np.cumsum(counts) / overcount) < 1).all()


def test_one_configuration_has_no_entropy_and_degenerate_ones_have_ln_of_their_number():
    one, many = (thermal_averages(found_of([150] * n), UNITS, 1, -0.5, [300.0])[0] for n in (1, 8))
    assert one["entropy_kB"] == pytest.approx(0.0, abs=1e-9)
    assert many["entropy_kB"] == pytest.approx(math.log(8))
    assert many["heat_capacity_kB"] == pytest.approx(0.0, abs=1e-9)
