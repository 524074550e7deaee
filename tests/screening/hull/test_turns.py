"""Whose turn it is, against every order in which verdicts can come; weights against a plain sum of states."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewald.constants import BOLTZMANN_eV_K
from screening.decision import Decision, Stage, Verdict
from screening.hull.turns import LEAST_WEIGHT, boltzmann_weights, spared_decision, whose_turn

NAMES = ["a", "b", "c"]


@given(st.lists(st.tuples(st.floats(-500, -499), st.integers(1, 10**6)), min_size=1, max_size=6), st.floats(300, 2000))
def test_weights_are_ratios_of_boltzmann_factors(cells, temperature_K):
    energies = {str(number): energy for number, (energy, _) in enumerate(cells)}
    copies = {str(number): count for number, (_, count) in enumerate(cells)}
    weights = boltzmann_weights(energies, copies, temperature_K)
    assert max(weights.values()) == 1.0
    for one, other in itertools.permutations(weights, 2):
        ratio = (
            copies[one] / copies[other] * math.exp((energies[other] - energies[one]) / BOLTZMANN_eV_K / temperature_K)
        )
        assert weights[one] == pytest.approx(ratio * weights[other], rel=1e-6)


def test_the_limit_is_three_kt():
    weights = boltzmann_weights({"a": 0.0, "b": 3 * BOLTZMANN_eV_K * 900}, {"a": 2, "b": 2}, 900.0)
    assert weights["b"] == pytest.approx(LEAST_WEIGHT, abs=3e-4)


@pytest.mark.parametrize("found", itertools.product([None, *Verdict], repeat=3))
def test_one_at_a_time_until_one_passes(found):
    ends = {name: verdict for name, verdict in zip(NAMES, found, strict=True) if verdict is not None}
    turn = whose_turn(NAMES, ends, list(ends))
    if Verdict.PASS in found:
        assert turn.passed == NAMES[found.index(Verdict.PASS)]
        assert turn.begins is None
        assert set(turn.spared) == {name for name in NAMES if name not in ends}
    else:
        assert turn.passed is None
        assert turn.spared == ()
        assert turn.begins == next((name for name in NAMES if name not in ends), None)


def test_what_has_begun_is_not_spared():
    assert whose_turn(NAMES, {"a": Verdict.PASS}, ["a", "b"]).spared == ("c",)


def test_an_arrangement_that_is_spared_says_by_whom():
    common = {"campaign": "x", "threshold": 1.0, "version": "0", "reason": "r", "inputs_hash": "h"}
    hull = Decision(subject="b", stage=Stage.HULL, quantity="hull_energy", value=3.0, unit="meV/atom",
                    verdict=Verdict.PASS, **common)  # fmt: skip
    passed = Decision(subject="a", stage=Stage.LONG_MD, quantity="conductivity", value=9.0, unit="mS/cm",
                      verdict=Verdict.PASS, **common)  # fmt: skip
    found = spared_decision(hull, passed)
    assert (found.subject, found.stage, found.verdict, found.superseded_by) == ("b", Stage.SHORT_MD, Verdict.FAIL, "a")
    assert found.value is None
    assert "a of this composition passed long MD" in found.reason
