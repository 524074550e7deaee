import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest

from screening.record.record import CampaignRecord
from screening.report import report_page, write_report
from screening.report.html.markup import VOID
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
        assert (
            link == "data:," or link.startswith("data:chemical/x-cif;base64,") or link.removeprefix("#") in reader.ids
        )
    assert "http://" not in PAGE.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in PAGE
    assert len(PAGE) < 5_000_000


@pytest.mark.slow
def test_a_report_of_170_compositions_stays_below_5_MB():
    # 172 compositions, 817 relaxed candidates, 301 MD runs; the drawings of how ions move take what is left to 5 MB.
    text = (Path(__file__).parents[3] / "examples/finished_campaign/record.json").read_text(encoding="utf-8")
    document = json.loads(text)
    for number in range(1, 43):
        copy = json.loads(text.replace("Na3SbS4-", f"Na3SbS4c{number:02d}-"))
        for name in ("compositions", "candidates", "relaxed", "hulls", "md", "decisions", "validations"):
            document[name] += copy[name]
    record = CampaignRecord.model_validate(document)
    assert (len(record.compositions), len(record.candidates)) == (172, 817)
    assert len(report_page(record).encode()) < 4_200_000


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


def test_every_chart_is_well_formed_and_inside_its_frame():
    for svg in re.findall(r"<svg.*?</svg>", PAGE, flags=re.DOTALL):
        root = ET.fromstring(svg)  # noqa: S314 (our own drawing)
        for line in root.iter("polyline"):
            for point in line.get("points").split():
                assert all(-50 <= float(number) <= 1100 for number in point.split(","))
