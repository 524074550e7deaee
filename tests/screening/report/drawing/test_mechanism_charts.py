"""Charts of a mechanism in the report."""

from screening.mechanism.analysis import find_mechanism
from screening.report.drawing.mechanism_charts import mechanism_charts
from tests.screening.mechanism.hopping import hopping


def test_what_is_known_is_drawn():
    found = find_mechanism(hopping(frames=300)[0], species="Li", temperature_K=500)
    charts = [str(chart) for chart in mechanism_charts(found)]
    assert len(charts) == 3
    assert "Radial distribution around Li" in charts[0]
    assert "Li–S" in charts[0]
    assert charts[1].count("<polyline") == len(found.van_hove.lag_ps) - 1
    assert charts[2].count("<polyline") == 2
    assert mechanism_charts(found.model_copy(update={"radial": (), "van_hove": None, "elements": ()})) == []
