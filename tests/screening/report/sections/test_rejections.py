"""Rejections by stage and reason."""

from screening.decision import Stage, Verdict
from screening.report.sections.rejections import group_rejections
from tests.campaign_record import make_record

RECORD = make_record()


def test_rejections_are_grouped_by_reason_without_its_numbers():
    groups = group_rejections(RECORD)
    assert sum(len(members) for members in groups.values()) == sum(d.verdict is Verdict.FAIL for d in RECORD.decisions)
    assert (Stage.HULL, "hull_energy", "… meV/atom above the hull") in groups
