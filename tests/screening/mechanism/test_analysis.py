"""The whole mechanism of walks with known rates and dimensions."""

import numpy as np
import pytest

from ewald.errors import UserError
from screening.mechanism.analysis import attempt_frequency_THz, find_mechanism, production
from tests.screening.mechanism.hopping import hopping


@pytest.mark.parametrize("axes", [(0,), (0, 1), (0, 1, 2)])
def test_rates_vibration_and_dimensions(axes):
    run, made = hopping(axes=axes, seed=2)
    found = find_mechanism(run, species="Li", temperature_K=500)
    assert found.dimensions == len(axes)
    assert found.jumps == pytest.approx(made, rel=0.02)
    # Two jumps within one frame are seen as one of twice the length.
    kind = max(found.jump_types, key=lambda found_type: found_type.jumps)
    assert kind.jumps > 0.97 * found.jumps
    assert kind.distance_A == pytest.approx(3.0, abs=0.05)
    assert kind.rate_per_ns.low95 < made / (9 * 0.25) < kind.rate_per_ns.high95
    assert found.vibration_A == pytest.approx(0.2 * 3**0.5, rel=0.05)
    # kT ln(nu / k) with nu of the harmonic well.
    nu = attempt_frequency_THz(0.12, 6.94, 500)
    assert kind.barrier_eV.mean == pytest.approx(8.617e-5 * 500 * np.log(nu * 1e3 / kind.rate_per_ns.mean), abs=0.01)
    assert kind.barrier_eV.low95 < kind.barrier_eV.mean < kind.barrier_eV.high95
    assert sum(pair.jumps for pair in found.rates) == found.jumps
    assert sum(site.occupancy for site in found.sites) == pytest.approx(9, abs=0.3)


def test_detailed_balance_of_the_jump_matrix():
    run, _ = hopping(seed=3)
    found = find_mechanism(run, species="Li", temperature_K=500)
    there = {(pair.origin, pair.target): pair.jumps for pair in found.rates}
    both = np.array([(n, there.get((b, a), 0)) for (a, b), n in there.items() if a < b])
    assert float(((both[:, 0] - both[:, 1]) ** 2 / both.sum(axis=1)).mean()) < 1.5


def test_what_cannot_be_analysed():
    run, _ = hopping(frames=200)
    with pytest.raises(UserError, match="choose one of"):
        find_mechanism(run, species="Na", temperature_K=500)
    with pytest.raises(UserError, match="positive kelvin"):
        find_mechanism(run, species="Li", temperature_K=0)
    with pytest.raises(UserError, match="leaves nothing"):
        production(run, 100.0)
    assert production(run, 5.0).frames == 150
    few = find_mechanism(hopping(rate_per_ps=0.001, frames=300)[0], species="Li", temperature_K=500)
    assert any("rest on few events" in warning for warning in few.warnings)
