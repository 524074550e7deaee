"""The line about time never promises an end that the work under way cannot keep."""

from workflows.progress import time_line
from workflows.status import CampaignStatus, StageStatus


def status(*stages: StageStatus, left_s: float | None) -> CampaignStatus:
    return CampaignStatus("c", "r", stages, {}, (), 60.0, left_s)


def test_nothing_is_known_before_the_first_result():
    waiting = StageStatus("ewald", {"waiting": 3}, 3, None)
    assert "not known before the first results" in time_line(status(waiting, left_s=None), workers=1, elapsed_s=1.0)


def test_stage_at_work_without_a_time_is_named():
    done = StageStatus("relax", {"done": 2}, 3, 5.0)
    at_work = StageStatus("short_md", {"running": 2}, 6, None)
    line = time_line(status(done, at_work, left_s=5.0), workers=1, elapsed_s=None)
    assert line.endswith(
        "about 5 s left of the stages reached so far, not counting short MD segments, of which none is done yet"
    )


def test_stages_with_a_time_or_not_at_work_are_not_named():
    timed = StageStatus("short_md", {"running": 2}, 6, 30.0)
    ahead = StageStatus("long_md", {"waiting": 2}, 6, None)
    assert status(timed, ahead, left_s=120.0).untimed == ()
    assert "about 1 min 0 s left" in time_line(status(timed, ahead, left_s=120.0), workers=2, elapsed_s=None)
