"""Axes: round ticks inside."""

import pytest

from screening.report.drawing.scale import Scale


def test_ticks_are_round_and_inside():
    for low, high in ((0.0, 7.3), (-151.2, -150.9), (1e-9, 3e-8)):
        scale = Scale.fit([low, high], 0, 100)
        ticks = scale.ticks()
        assert 3 <= len(ticks) <= 12
        assert all(scale.low <= value <= scale.high for value, _ in ticks)
        assert all(float(label) == pytest.approx(value, rel=1e-3, abs=1e-12) for value, label in ticks)
    log = Scale.fit([3e-7, 2e-5], 0, 100, log=True)
    assert [label for _, label in log.ticks()] == ["10⁻⁷", "10⁻⁶", "10⁻⁵", "10⁻⁴"]
    assert log(1e-6) == pytest.approx(100 / 3)


def test_values_that_are_all_zero_have_a_scale():
    scale = Scale.fit([0.0, 0.0], 0.0, 100.0, zero=True)
    assert scale(0.0) == 0.0
    assert 0 < scale(0.5) < 100
    below = Scale.fit([-2.0, 0.0], 0.0, 100.0, zero=True)
    assert below(0.0) == 100.0
