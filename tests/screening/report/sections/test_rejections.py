"""Rejections by stage and reason."""

from screening.decision import Stage, Verdict
from screening.report.sections.rejections import group_rejections, rejection_lines
from tests.campaign_record import make_record

RECORD = make_record()


def test_rejections_are_grouped_by_reason_without_its_numbers():
    groups = group_rejections(RECORD)
    assert sum(len(members) for members in groups.values()) == sum(d.verdict is Verdict.FAIL for d in RECORD.decisions)
    assert (Stage.HULL, "hull_energy", "… meV/atom above the hull") in groups


def test_a_group_of_one_shows_its_whole_reason():
    alone = next(iter(group_rejections(RECORD).values()))[0]
    one = RECORD.model_copy(update={"decisions": (alone,)})
    (line,) = rejection_lines(one)
    assert alone.reason in line
    assert alone.subject in line
