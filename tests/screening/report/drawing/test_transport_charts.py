import re

import pytest

from screening.estimated import Estimate
from screening.report.drawing.transport_charts import POINTS, figures, msd_chart
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


def test_what_has_no_data_leaves_no_gap(result):
    chart = msd_chart("x", result)
    assert str(figures([None, chart, None])) == str(figures([chart]))


def test_the_line_of_a_bound_says_so(result):
    none = Estimate(mean=0, low95=0, high95=1e-6, bound="no hop")
    bound = result.model_copy(update={"D_cm2_s": none, "temperature_K": 500.0})
    assert "upper bound of D, no hop" in str(msd_chart("long MD", with_msd(bound, 30)))
