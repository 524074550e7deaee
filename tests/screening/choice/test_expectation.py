import pytest
from scipy.stats import norm

from screening.choice.expectation import PREFACTOR, ROOM_K, Expectation

BOLTZMANN_eV_K = 8.617333e-5


def test_the_interval_holds_nine_tenths_of_the_normal_distribution():
    one = Expectation(composition="a", log10_mS_cm=-1.0, decades=0.8)
    assert norm.cdf(one.high90, -1.0, 0.8) - norm.cdf(one.low90, -1.0, 0.8) == pytest.approx(0.9)


@pytest.mark.parametrize("barrier_eV", [0.2, 0.35, 0.5])
def test_a_conductor_of_the_common_prefactor_is_expected_by_the_law_of_arrhenius(barrier_eV):
    from math import e, log10

    def sigma(kelvin):
        return PREFACTOR[0] - log10(kelvin) - barrier_eV / (BOLTZMANN_eV_K * kelvin) * log10(e)

    found = Expectation(composition="a", log10_mS_cm=sigma(ROOM_K), decades=1.0).at(700.0)
    assert found.log10_mS_cm == pytest.approx(sigma(700.0))
    assert found.temperature_K == 700.0


def test_room_temperature_changes_little_and_there_and_back_is_the_same_value():
    one = Expectation(composition="a", log10_mS_cm=-2.0, decades=1.0)
    assert one.at(300.0).log10_mS_cm == pytest.approx(-2.0, abs=0.06)
    assert one.at(600.0).at(ROOM_K).log10_mS_cm == pytest.approx(-2.0)


def test_the_unknown_prefactor_makes_far_temperatures_uncertain():
    sharp = Expectation(composition="a", log10_mS_cm=-2.0, decades=0.1)
    assert sharp.at(300.0).decades == pytest.approx(0.1, abs=0.01)
    assert sharp.at(900.0).decades > 0.6
