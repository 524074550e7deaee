"""Phase diagrams of the report."""

import re
import xml.etree.ElementTree as ET

from screening.record.history import histories
from screening.report.sections.phase_diagram_section import phase_diagram_section


def test_phase_diagrams_name_every_stable_phase_and_mark_every_candidate(record):
    found = list(histories(record).values())
    section = phase_diagram_section(record, found)
    svgs = re.findall(r'<svg viewBox="0 0 460.*?</svg>', section, flags=re.DOTALL)
    assert len(svgs) == 2
    ternary = next(svg for svg in svgs if "Na-S-Sb<" in svg)
    texts = ["".join(e.itertext()) for e in ET.fromstring(ternary).iter("text")]  # noqa: S314 (our own drawing)
    assert {"Na₂S", "Na₃Sb", "Na", "S", "Sb"} <= set(texts)
    for history in found:
        assert section.count(f"{history.id}: hull energy") == 1


def test_points_stay_inside_their_drawings(record):
    section = phase_diagram_section(record, list(histories(record).values()))
    for number in re.findall(r' (?:cx|cy|x1|y1)="([-\d.]+)"', section):
        assert 0 <= float(number) <= 460
