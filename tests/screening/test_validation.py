"""Two engines on the same frames: what differs, and when that is doubtful."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewald.errors import UserError
from screening.campaign.stages import Validation
from screening.decision import Decision, Verdict
from screening.validation import ForceAgreement, ValidationRecord, agreement, decide_validation, doubts, model_error

RULE = Validation(engine="better")


def record(error=0.05, correlation=0.98, spread=1.0) -> ValidationRecord:
    groups = [
        ForceAgreement(group=name, ions=4, error_eV_A=error, correlation=correlation, typical_eV_A=0.5)
        for name in ("Na", "the framework")
    ]
    return ValidationRecord(
        candidate_id="x_a1",
        engine="fast",
        better="better",
        temperature_K=(600.0, 600.0),
        time_ps=(1.0, 2.0),
        energy_difference_meV_atom=(spread, -spread),
        energy_rms_meV_atom=spread,
        agreements=tuple(groups),
    )


@given(st.floats(0.001, 1), st.floats(0, 0.5), st.integers(0, 2**16))
def test_errors_and_correlations_are_those_of_the_components(scale: float, noise: float, seed: int):
    random = np.random.default_rng(seed)
    better = random.normal(0, scale, (5, 7, 3))
    fast = better + random.normal(0, noise, better.shape)
    found = agreement("Na", fast, better)
    pairs = list(zip(fast.ravel(), better.ravel(), strict=True))
    assert found.error_eV_A == pytest.approx(sum(abs(a - b) for a, b in pairs) / len(pairs))
    assert found.ions == 7
    mean = [sum(one) / len(pairs) for one in zip(*pairs, strict=True)]
    covariance = sum((a - mean[0]) * (b - mean[1]) for a, b in pairs)
    spread = [sum((pair[side] - mean[side]) ** 2 for pair in pairs) for side in (0, 1)]
    assert found.correlation == pytest.approx(covariance / (spread[0] * spread[1]) ** 0.5, abs=1e-9)
    assert agreement("Na", better, better).error_eV_A == 0


def test_forces_that_do_not_vary_or_do_not_fit():
    still = np.zeros((2, 3, 3))
    assert agreement("Na", still, still).correlation is None
    for other in (np.zeros((2, 4, 3)), np.zeros((0, 3, 3))):
        with pytest.raises(UserError, match="same ions"):
            agreement("Na", still[: len(other)] if not len(other) else still, other)


@pytest.mark.parametrize(
    ("seen", "verdict", "said"),
    [
        ({}, Verdict.PASS, "fast against better: trusted: forces on Na differ by 0.05 of 0.5 eV/A"),
        ({"error": 0.2}, Verdict.UNDECIDED, "doubtful: forces on Na differ by 0.2 eV/A on average, more than 0.15"),
        ({"correlation": 0.7}, Verdict.UNDECIDED, "correlate by 0.7 only, less than 0.9"),
        ({"correlation": 0.897}, Verdict.UNDECIDED, "correlate by 0.897 only, less than 0.9"),
        ({"correlation": None}, Verdict.UNDECIDED, "correlate by"),
        ({"spread": 12.0}, Verdict.UNDECIDED, "energies drift apart by 12 meV/atom along the run, more than 10"),
    ],
)
def test_trusted_or_doubtful(seen: dict, verdict: Verdict, said: str):
    decision = decide_validation(record(**seen), RULE, campaign="c")
    assert decision.verdict is verdict
    assert said in decision.reason
    assert bool(doubts(record(**seen), RULE)) == (verdict is Verdict.UNDECIDED)
    lenient = Validation(engine="better", max_force_error_eV_A=1, min_correlation=0.1, max_energy_error_meV_atom=None)
    if seen.get("correlation", 1) is not None:
        assert decide_validation(record(**seen), lenient, campaign="c").verdict is Verdict.PASS


def line(value, low=None, high=None) -> Decision:
    return Decision(
        campaign="c", subject="x", stage="long_md", quantity="conductivity", value=value, low95=low, high95=high,
        unit="mS/cm", threshold=1, verdict="pass", reason="", inputs_hash="", version="1",
    )  # fmt: skip


def test_the_model_error_widens_the_better_interval_whichever_engine_is_higher():
    for other in (2.0, 8.0):
        found = model_error(line(other, 1, 10), line(4.0, 3, 5))
        assert (found.factor, found.low95_mS_cm, found.high95_mS_cm) == (2.0, 1.5, 10.0)
    assert model_error(None, line(4.0, 3, 5)) is None
    assert model_error(line(2.0), line(4.0, None, 5)) is None
    assert model_error(line(0.0), line(4.0, 3, 5)) is None
