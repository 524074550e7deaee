from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from screening.choice.known import Known
from screening.choice.outlook import METHODS, Goal, Hours, Option, outlooks
from screening.decision import Stage

GOAL = Goal(hull_meV_per_atom=100.0, sigma_mS_cm=1.0)
HOURS = Hours(hull=10.0, short_md=5.0, long_md=40.0)


def option(name, expected=0.0, place=0.0, **more):
    return Option(name, (place,), HOURS, log10_mS_cm=expected, decades=1.0, **more)


def order(options, method="ptr", seed=1):
    return [outlook.id for outlook in outlooks(options, GOAL, method=method, seed=seed)]


def test_probability_hours_and_gain_equal_those_counted_by_hand():
    (found,) = outlooks([option("a", expected=-1.0)], GOAL, method="ptr", seed=1)
    hull, sigma = norm.cdf(40 / 80), norm.cdf(-1.0)
    assert (found.probability_hull, found.probability_sigma) == pytest.approx((hull, sigma))
    assert found.core_hours == pytest.approx(10 + hull * (5 + sigma * 40))
    assert found.gain == pytest.approx(hull * sigma / found.core_hours)


def test_the_faster_and_the_cheaper_come_first():
    assert order([option("slow", -2, 0.0), option("fast", 1, 1.0)]) == ["fast", "slow"]
    cheap = replace(option("cheap", 0, 1.0), hours=Hours(1, 1, 1))
    assert order([option("dear", 0.1, 0.0), cheap]) == ["cheap", "dear"]


def test_short_md_of_a_good_one_comes_before_new_ones_and_long_md_of_a_poor_one_after():
    new = [option(f"new{i}", -0.5, 1.0 + i) for i in range(4)]
    good = option("good", -0.5, 0.0, known=Known(20.0, stage=Stage.HULL))
    assert order([*new, good])[0] == "good"
    poor = option("poor", -0.5, 0.0, known=Known(20.0, -1.5, 0.3, Stage.SHORT_MD))
    assert order([*new, poor])[-1] == "poor"


def test_what_is_decided_is_not_listed():
    done = option("done", known=Known(20.0, 1.0, 0.1, Stage.LONG_MD, passed=True))
    lost = option("lost", known=Known(300.0, stage=Stage.HULL, passed=False))
    assert order([done, lost, option("open", place=1.0)]) == ["open"]


def test_a_fast_one_raises_what_is_like_it():
    known = option("known", -1.0, 0.0, known=Known(20.0, 1.0, 0.1, Stage.LONG_MD, passed=True))
    assert order([known, option("far", -1.0, 1.0), option("near", -1.0, 0.1)]) == ["near", "far"]


def test_energies_far_from_the_hull_lower_what_is_like_them():
    places = np.linspace(0, 1, 8)
    seen = [
        option(f"s{i}", -1.0, x, known=Known(400.0 * (x < 0.5), stage=Stage.HULL, passed=x >= 0.5 and None))
        for i, x in enumerate(places)
    ]
    found = {o.id: o for o in outlooks([*seen, option("a", -1, 0.1), option("b", -1, 0.9)], GOAL, method="ptr", seed=1)}
    assert found["a"].probability_hull < 0.4 < found["b"].probability_hull


@pytest.mark.parametrize("method", METHODS)
def test_equal_questions_have_equal_answers(method):
    options = [option(str(i), -0.1 * i, float(i)) for i in range(6)]
    assert order(options, method, seed=7) == order(options, method, seed=7)
    assert sorted(order(options, method)) == [str(i) for i in range(6)]


def test_what_is_drawn_explores_and_still_prefers_the_better():
    options = [option("good", 0.5, 0.0), option("fair", -0.3, 1.0), option("poor", -3.0, 2.0)]
    first = [order(options, "thompson", seed)[0] for seed in range(200)]
    assert first.count("good") > first.count("fair") > first.count("poor")
    assert first.count("fair") > 10


def test_what_probably_fails_early_is_not_cheap_where_it_is_drawn_as_a_conductor():
    # Drawn above the threshold in about one of seven, and then as dear as the good one.
    hours = Hours(hull=1, short_md=1, long_md=100)
    options = [replace(option(name, sigma, sigma), hours=hours) for name, sigma in (("good", 1.0), ("unlikely", -1.0))]
    first = [order(options, "thompson", seed)[0] for seed in range(400)]
    assert 10 < first.count("unlikely") < 60


def test_without_a_prior_all_are_alike():
    bare = [Option(name, (float(i),), HOURS) for i, name in enumerate("abc")]
    assert len({round(o.gain, 12) for o in outlooks(bare, GOAL, method="ptr", seed=1)}) == 1


def test_a_bound_above_the_threshold_is_no_evidence_of_a_conductor():
    def chance(known):
        options = [Option("a", (0.0,), Hours(1, 1, 1), known=known), Option("b", (1.0,), Hours(1, 1, 1))]
        return {one.id: one.probability_sigma for one in outlooks(options, GOAL, method="ptr", seed=1)}

    nothing = chance(Known(10.0, stage=Stage.HULL))
    far = chance(Known(10.0, 4.0, 0.0, Stage.SHORT_MD, None, bound=True))
    near = chance(Known(10.0, 0.0, 0.0, Stage.SHORT_MD, None, bound=True))
    assert far == pytest.approx(nothing, abs=0.01)
    assert near["a"] < nothing["a"]
    assert near["b"] < nothing["b"]
