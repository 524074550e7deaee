import re

import pytest

from screening.estimated import Estimate
from screening.report.drawing.transport_charts import POINTS, arrhenius_chart, figures, msd_chart
from tests.campaign_record import make_record


@pytest.fixture
def result():
    return make_record().md[0].transport


def with_msd(result, count):
    times = tuple(0.1 * i for i in range(count))
    return result.model_copy(update={"msd_time_ps": times, "msd_A2": tuple(3 + 2 * t for t in times)})


def curves(chart):
    return [
        [tuple(map(float, point.split(","))) for point in points.split()]
        for points in re.findall(r'<polyline[^>]*?points="([^"]+)"', str(chart))
    ]


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_is_drawn_from_less_than_two_points(result, count):
    assert msd_chart("short MD", with_msd(result, count)) is None


def test_the_line_lies_on_a_curve_of_its_own_slope(result):
    """MSD = 3 + 6 D t with D = 1/3 A2/ps."""
    D = 1 / 3 * 1e-4
    linear = with_msd(result, 60).model_copy(update={"D_cm2_s": Estimate(mean=D, low95=D / 2, high95=D * 2)})
    line, curve = curves(msd_chart("short MD", linear))
    assert line[0] == pytest.approx(curve[0], abs=0.2)
    assert line[-1] == pytest.approx(curve[-1], abs=0.2)


def test_a_long_curve_is_thinned(result):
    _, curve = curves(msd_chart("short MD", with_msd(result, 100 * POINTS)))
    assert len(curve) == POINTS


def test_no_diffusion_has_no_place_on_a_logarithmic_axis(result):
    still = result.model_copy(update={"D_cm2_s": Estimate(mean=0.0, low95=0.0, high95=0.0)})
    assert arrhenius_chart([]) is None
    assert arrhenius_chart([("short MD", still)]) is None
    assert "still" not in str(arrhenius_chart([("still", still), ("moving", result)]))


def test_an_interval_that_reaches_zero_is_cut_at_the_axis(result):
    D = result.D_cm2_s.mean
    wide = result.model_copy(update={"D_cm2_s": Estimate(mean=D, low95=0.0, high95=2 * D)})
    assert not re.search(r"\b(nan|inf)\b", str(arrhenius_chart([("x", wide)])))


def test_what_has_no_data_leaves_no_gap(result):
    chart = arrhenius_chart([("x", result)])
    assert str(figures([None, chart, None])) == str(figures([chart]))


def test_a_bound_is_an_arrow_and_no_marker(result):
    none = Estimate(mean=0, low95=0, high95=1e-6, bound="no hop")
    bound = result.model_copy(update={"D_cm2_s": none, "temperature_K": 500.0})
    chart = str(arrhenius_chart([("long MD", result), ("long MD", bound)]))
    assert chart.count('class="bound"') == 1
    assert "500 K: upper bound, no hop" in chart
    assert "arrows: upper bounds" in chart
    assert 'class="bound"' not in str(arrhenius_chart([("long MD", result)]))
    assert "upper bound of D, no hop" in str(msd_chart("long MD", with_msd(bound, 30)))
