from fractions import Fraction

import pytest
from pydantic import ValidationError

from screening.campaign.doping import DopantRule, DopingPlan, SupercellPlan


@pytest.mark.parametrize(
    ("text", "level"), [("1/4", Fraction(1, 4)), (0.125, Fraction(1, 8)), (1, Fraction(1)), (0.333333, Fraction(1, 3))]
)
def test_levels_are_exact_fractions_and_written_as_such(text, level):
    plan = DopingPlan(site="Sb", levels=[text])
    assert plan.levels == (level,)
    assert DopingPlan.model_validate_json(plan.model_dump_json()) == plan


@pytest.mark.parametrize("level", [0, "0/4", "-1/4", "5/4", 1.01, "a quarter", 1e-9])
def test_what_is_no_share_of_the_host_is_refused(level):
    with pytest.raises(ValidationError):
        DopingPlan(site="Sb", levels=[level])
    with pytest.raises(ValidationError):
        DopingPlan(site="Sb", mixtures=[{"W6+": level}])


@pytest.mark.parametrize(
    ("section", "values"),
    [
        (DopingPlan, {"site": "Sb", "compensation": ["magic"]}),
        (DopingPlan, {"site": "Sb", "interstitial_min_distance_A": 0}),
        (DopingPlan, {"site": "Sb", "pairs": [["Ga3+"]]}),
        (DopingPlan, {"site": "Sb", "dopant": ["W6+"]}),
        (DopantRule, {"valences": [6], "radius_tolerance": 0}),
        (DopantRule, {"valences": [6], "radius_tolerance": 1.01}),
        (DopantRule, {"valences": [6], "min_substitution_probability": 1}),
        (SupercellPlan, {"max_ions": 0}),
        (SupercellPlan, {"matrix": [[1, 0, 0], [0, 1, 0]]}),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(section, values):
    with pytest.raises(ValidationError):
        section(**values)
