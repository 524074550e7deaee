import re

import pytest

from screening.record.ranking import best_first
from screening.report import report_page
from screening.report.sections import candidate_list as module
from tests.campaign_record import make_record

RECORD = make_record()


def test_a_small_campaign_shows_all_in_full():
    page = module.candidate_list(best_first(RECORD))
    assert page.count("<canvas") == len(RECORD.candidates)
    assert "in one line each" not in page


@pytest.fixture
def large(monkeypatch):
    monkeypatch.setattr(module, "ALL_IN_FULL", 10)
    monkeypatch.setattr(module, "MOST_IN_FULL", 7)


def test_a_large_one_shows_the_best_in_full_and_every_other_in_a_line(large):
    found = best_first(RECORD)
    page = module.candidate_list(found)
    assert page.count("<canvas") == 7
    anchors = re.findall(r'id="candidate-([^"]+)"', page)
    assert sorted(anchors) == sorted(history.id for history in found)
    best = [history.id for history in found if history.failed_at() is None][:7]
    assert re.findall(r'<details id="candidate-([^"]+)"', page) == best


def test_links_still_lead_somewhere(large):
    page = report_page(RECORD)
    for target in re.findall(r'href="#([^"]+)"', page):
        assert f'id="{target}"' in page
