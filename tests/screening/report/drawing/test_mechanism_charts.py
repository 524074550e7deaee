"""Charts of a mechanism in the report."""

from screening.mechanism.analysis import find_mechanism
from screening.report import report_page
from screening.report.drawing.mechanism_charts import mechanism_charts, mechanism_part
from tests.campaign_record import make_record
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


def test_the_part_stands_in_the_section_of_its_candidate():
    found = find_mechanism(hopping(frames=300)[0], species="Li", temperature_K=500)
    part = str(mechanism_part(found))
    assert "How the ions move: Li at 500 K" in part
    assert "attempt frequency" in part
    record = make_record()
    name = record.candidates[0].id
    page = report_page(record, {name: found})
    assert page.count("How the ions move") == 1
    assert page.index(f'id="candidate-{name}"') < page.index("How the ions move")
    assert "How the ions move" not in report_page(record)
