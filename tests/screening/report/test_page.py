import base64
import io
import re
import struct
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import numpy as np
import pytest
from rich.console import Console

from screening.decision import Stage, Verdict
from screening.record.funnel import count_funnel
from screening.report import report_page, write_report
from screening.report.drawing.sankey import draw_funnel
from screening.report.drawing.scale import Scale
from screening.report.drawing.structure_view import packed
from screening.report.html.markup import VOID, tag
from screening.report.sections.survivors import survivors_table
from screening.report.terminal import ranked_table
from tests.campaign_record import make_record

RECORD = make_record()
PAGE = report_page(RECORD)


class Balance(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links = [], [], []

    def handle_starttag(self, name, attributes):
        values = dict(attributes)
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values[key] for key in ("href", "src") if key in values]
        if name not in VOID:
            self.open.append(name)

    def handle_startendtag(self, name, attributes):
        self.handle_starttag(name, attributes)
        if name not in VOID:
            self.open.pop()

    def handle_endtag(self, name):
        if name not in VOID:
            assert self.open.pop() == name


def parsed(page):
    reader = Balance()
    reader.feed(page)
    assert reader.open == []
    return reader


def test_page_is_balanced_self_contained_and_its_links_lead_somewhere():
    reader = parsed(PAGE)
    assert len(set(reader.ids)) == len(reader.ids)
    for link in reader.links:
        assert link == "data:," or link.removeprefix("#") in reader.ids
    assert "http://" not in PAGE.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in PAGE
    assert len(PAGE) < 5_000_000


def test_everything_is_escaped():
    evil = "<script>alert(1)</script>\"'&"
    record = RECORD.model_copy(
        update={
            "decisions": tuple(d.model_copy(update={"reason": evil}) for d in RECORD.decisions),
            "hulls": tuple(h.model_copy(update={"reaction": evil}) for h in RECORD.hulls),
        }
    )
    page = report_page(record)
    parsed(page)
    assert "<script>alert" not in page
    assert page.count("<script>") == 1
    assert "<b>&</b>" not in page


def test_the_same_record_gives_the_same_page(tmp_path):
    first = write_report(RECORD, tmp_path / "a").read_bytes()
    assert first == write_report(RECORD, tmp_path / "b").read_bytes()


@pytest.mark.parametrize("keep", [0, 3])
def test_a_campaign_that_has_just_begun_has_a_page_too(keep):
    record = RECORD.model_copy(
        update={
            "candidates": RECORD.candidates[:keep], "relaxed": (), "hulls": (), "md": (), "decisions": (),
            "compositions": RECORD.compositions[:keep],
        }
    )  # fmt: skip
    parsed(report_page(record))


def test_the_demonstration_says_so_and_a_real_campaign_does_not():
    assert "Demonstration, not a result to publish" in PAGE
    assert "Demonstration, not a result" not in report_page(make_record(demonstration=False))


def test_numbers_of_the_funnel_stand_in_its_drawing():
    funnel = count_funnel(RECORD)
    drawing = ET.fromstring(draw_funnel(funnel))  # noqa: S314 (our own drawing)
    texts = ["".join(element.itertext()) for element in drawing.iter() if element.tag.endswith("text")]
    for step in funnel.steps:
        assert f"{step.passed}" in texts
        if step.failed:
            assert f"✗ {step.failed} rejected" in texts


def test_every_chart_is_well_formed_and_inside_its_frame():
    for svg in re.findall(r"<svg.*?</svg>", PAGE, flags=re.DOTALL):
        root = ET.fromstring(svg)  # noqa: S314 (our own drawing)
        for line in root.iter("polyline"):
            for point in line.get("points").split():
                assert all(-50 <= float(number) <= 1100 for number in point.split(","))


def test_packed_coordinates_come_back():
    fractions = np.random.default_rng(1).uniform(-1, 2, (50, 3))
    numbers = struct.unpack("<150H", base64.b64decode(packed(fractions.tolist())))
    assert np.abs(np.array(numbers).reshape(50, 3) / 65535 - fractions % 1.0).max() < 1e-5


def test_ticks_are_round_and_inside():
    for low, high in ((0.0, 7.3), (-151.2, -150.9), (1e-9, 3e-8)):
        scale = Scale.fit([low, high], 0, 100)
        ticks = scale.ticks()
        assert 3 <= len(ticks) <= 12
        assert all(scale.low <= value <= scale.high for value, _ in ticks)
        assert all(float(label) == pytest.approx(value, rel=1e-3, abs=1e-12) for value, label in ticks)
    log = Scale.fit([3e-7, 2e-5], 0, 100, log=True)
    assert [label for _, label in log.ticks()] == ["10⁻⁷", "10⁻⁶", "10⁻⁵", "10⁻⁴"]
    assert log(1e-6) == pytest.approx(100 / 3)


def test_markup_escapes_text_and_attributes():
    assert tag("a", "<&", title='"x"') == '<a title="&quot;x&quot;">&lt;&amp;</a>'


def test_ranked_table_prints_the_best_first():
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    console.print(ranked_table(RECORD, most=5))
    text = console.export_text()
    assert "demonstration" in text
    assert text.index("✓ pass") > 0
    assert len(re.findall(r"_a\d", text)) == 5


def test_a_candidate_with_an_undecided_hull_is_listed():
    subject = next(d.subject for d in RECORD.decisions if d.stage is Stage.HULL and d.verdict is Verdict.FAIL)
    changed = tuple(
        d.model_copy(update={"verdict": Verdict.UNDECIDED}) if (d.subject, d.stage) == (subject, Stage.HULL) else d
        for d in RECORD.decisions
    )
    without_md = tuple(run for run in RECORD.md if run.candidate_id != subject)
    record = RECORD.model_copy(update={"decisions": changed, "md": without_md})
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(ranked_table(record, most=None))
    assert subject in console.export_text()
    assert subject in str(survivors_table(record))
