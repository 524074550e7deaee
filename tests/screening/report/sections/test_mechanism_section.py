"""How the ions of a candidate move, in its section of the report."""

from screening.mechanism.analysis import find_mechanism
from screening.report import report_page
from screening.report.sections.mechanism_section import mechanism_section
from tests.campaign_record import make_record
from tests.screening.mechanism.hopping import hopping


def test_the_part_stands_in_the_section_of_its_candidate():
    found = find_mechanism(hopping(frames=300)[0], species="Li", temperature_K=500)
    part = str(mechanism_section(found))
    assert "How the ions move: Li at 500 K" in part
    assert "attempt frequency" in part
    record = make_record()
    name = record.candidates[0].id
    page = report_page(record, {name: found})
    assert page.count("How the ions move") == 1
    assert page.index(f'id="candidate-{name}"') < page.index("How the ions move")
    assert "How the ions move" not in report_page(record)
