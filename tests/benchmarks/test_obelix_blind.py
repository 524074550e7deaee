"""The rule of the blind test and its figures, on rows whose outcome is known."""

import numpy as np
import pytest
from scipy import stats

from benchmarks.obelix_blind.choose import Measured, choose, drawn
from benchmarks.obelix_blind.compare import Compared, bootstrap, figures, mean_error, rank_correlation, wilson
from screening.decision import Decision, Stage, Verdict


def row(identifier, sigma_S_cm, publication):
    return Measured(identifier, "Li2S", sigma_S_cm, "", publication)


def test_publications_take_turns():
    rows = [row(f"a{i}", 1e-3, "one") for i in range(30)] + [row("b", 1e-3, "two"), row("c", 1e-3, "three")]
    taken = drawn(rows, 5, seed=3)
    assert {one.publication for one in taken[:3]} == {"one", "two", "three"}
    assert [one.publication for one in taken[3:]] == ["one", "one"]
    assert taken == drawn(rows, 5, seed=3)
    assert taken != drawn(rows, 5, seed=4)


def test_both_kinds_alternate():
    rows = [row(f"{i}", 10.0 ** -(i % 8), str(i)) for i in range(80)]
    chosen = choose(rows)
    assert [one.sigma_S_cm >= 1e-4 for one in chosen] == [True, False] * 10


def compared(measured, computed, verdict, bound=None):
    decision = Decision(
        campaign="c",
        subject="x-undoped_a1",
        stage=Stage.SHORT_MD,
        quantity="conductivity",
        value=None if bound else computed,
        low95=None if bound else computed / 2,
        high95=computed if bound else computed * 2,
        bound=bound,
        unit="mS/cm",
        threshold=0.1,
        temperature_K=300.0,
        verdict=verdict,
        reason="",
        inputs_hash="0",
        version="0",
    )
    return Compared("x", "Li2S", measured, decision)


def test_figures_of_known_rows():
    rows = [
        compared(1.0, 10.0, Verdict.PASS),
        compared(2.0, 0.2, Verdict.UNDECIDED),
        compared(0.01, 0.01, Verdict.FAIL),
        compared(0.001, 0.1, Verdict.FAIL, bound="no hop"),
    ]
    lines = figures(rows)
    assert any(line.startswith("mean absolute error: 1.00 decades") for line in lines)
    assert any("recall by verdict: 1 of 2, 0.50" in line for line in lines)
    assert any("precision by verdict: 1 of 1, 1.00" in line for line in lines)
    # A bound is never a value above the threshold.
    assert any("recall by value: 2 of 2" in line for line in lines)
    assert any("precision by value: 2 of 2" in line for line in lines)


def test_statistics_are_those_of_scipy():
    pairs = np.random.default_rng(1).normal(size=(25, 2))
    assert rank_correlation(pairs) == pytest.approx(stats.spearmanr(*pairs.T).statistic)
    value, low, high = bootstrap(mean_error, pairs)
    assert low < value < high
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(10, 10)[1] == pytest.approx(1.0)
