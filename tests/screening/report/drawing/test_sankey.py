"""The drawing of the funnel."""

import xml.etree.ElementTree as ET

from screening.record.funnel import count_funnel
from screening.report.drawing.sankey import draw_funnel
from tests.campaign_record import make_record

RECORD = make_record()


def test_numbers_of_the_funnel_stand_in_its_drawing():
    funnel = count_funnel(RECORD)
    drawing = ET.fromstring(draw_funnel(funnel))  # noqa: S314 (our own drawing)
    texts = ["".join(element.itertext()) for element in drawing.iter() if element.tag.endswith("text")]
    for step in funnel.steps:
        assert f"{step.passed}" in texts
        if step.failed:
            assert f"✗ {step.failed} rejected" in texts
