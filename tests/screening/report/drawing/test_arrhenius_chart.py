"""Conductivity against temperature."""

import json
import math
import re
from html import unescape

import pytest

from screening.campaign.literature import LiteraturePoint
from screening.estimated import Estimate
from screening.report.drawing.arrhenius_chart import arrhenius_chart
from screening.transport.arrhenius import fit_arrhenius
from tests.campaign_record import make_record


@pytest.fixture
def result():
    return make_record().md[0].transport


def at(result, kelvin, sigma, spread=1.2):
    found = Estimate(mean=sigma, low95=sigma / spread, high95=sigma * spread)
    return result.model_copy(update={"temperature_K": kelvin, "sigma_mS_cm": found})


def rows(chart):
    data = json.loads(unescape(re.search(r"data-figure='([^']+)'", str(chart))[1]))
    return data["rows"]


def test_no_conductivity_has_no_place_on_a_logarithmic_axis(result):
    still = result.model_copy(update={"sigma_mS_cm": Estimate(mean=0.0, low95=0.0, high95=0.0)})
    assert arrhenius_chart([]) is None
    assert arrhenius_chart([("short MD", still)]) is None
    assert "still" not in str(arrhenius_chart([("still", still), ("moving", result)]))


def test_the_band_is_that_of_a_fit_at_each_temperature(result):
    runs = [at(result, kelvin, 1e4 * math.exp(-0.3 / (8.617e-5 * kelvin))) for kelvin in (500.0, 700.0, 900.0)]
    band = [row for row in rows(arrhenius_chart([("a", run) for run in runs], at_K=300.0)) if row[0] == "a, line"]
    assert band[0][1] == pytest.approx(1000 / 900, rel=1e-4)
    assert band[-1][1] == pytest.approx(1000 / 300, rel=1e-4)
    temperatures, sigmas = [run.temperature_K for run in runs], [run.sigma_mS_cm for run in runs]
    for _, inverse, _, low, high in (band[-1], band[4]):
        slow = fit_arrhenius(temperatures, sigmas, 1000 / inverse).sigma_mS_cm
        assert (low, high) == (pytest.approx(slow.low95, rel=0.02), pytest.approx(slow.high95, rel=0.02))


def test_one_temperature_has_no_line_and_a_bound_is_an_arrow(result):
    assert not [row for row in rows(arrhenius_chart([("a", result)], at_K=300.0)) if "line" in row[0]]
    bound = result.model_copy(update={"sigma_mS_cm": Estimate(mean=0.0, low95=0.0, high95=3.0, bound="no hop")})
    drawn = str(arrhenius_chart([("a", bound)]))
    assert "upper bound, no hop" in drawn
    assert "arrows: upper bounds" in drawn
    assert drawn.count('class="bound"') == 1
    assert 'class="bound"' not in str(arrhenius_chart([("a", result)]))


def test_an_interval_that_reaches_zero_is_cut_at_the_axis(result):
    mean = result.sigma_mS_cm.mean
    wide = result.model_copy(update={"sigma_mS_cm": Estimate(mean=mean, low95=0.0, high95=2 * mean)})
    assert not re.search(r"\b(nan|inf)\b", str(arrhenius_chart([("x", wide)])))


def test_points_of_the_literature_are_drawn_and_named(result):
    point = LiteraturePoint(mother="Na3SbS4", temperature_K=298.0, sigma_mS_cm=32.0, source="Hayashi 2019")
    drawn = arrhenius_chart([("a", result)], literature=[point])
    assert [row for row in rows(drawn) if row[0].startswith("Hayashi 2019 (literature), 298 K") and row[2] == 32.0]
