"""MD steps against a fixed schedule."""

from screening.decision import Stage
from screening.report.sections.schedule import count_steps
from tests.campaign_record import make_record

RECORD = make_record()


def test_steps_against_the_fixed_schedule():
    short, long = count_steps(RECORD)
    assert short.spent == sum(run.steps for run in RECORD.md if run.stage is Stage.SHORT_MD)
    assert short.fixed == short.runs * 1000  # 10 ps at 10 fs
    assert long.fixed == long.runs * 12500  # 25 ps at 2 fs
