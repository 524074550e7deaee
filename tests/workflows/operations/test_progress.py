"""What a terminal shows of a campaign."""

import io

from rich.console import Console

from workflows.operations import progress
from workflows.operations.progress import Progress, status_table, time_line, verdict_line
from workflows.operations.status import CampaignStatus, StageStatus
from workflows.store import Failure


def status(**changes):
    stages = (
        StageStatus("relax", {"waiting": 2, "running": 1, "done": 5, "failed": 2}, 12, 30.0),
        StageStatus("hull", {"waiting": 1}, 3, None),
    )
    known = {
        "name": "toy",
        "revision": "abc",
        "stages": stages,
        "verdicts": {"relax": {"pass": 4, "fail": 1}, "hull": {"pass": 1, "fail": 1, "stood for": 2, "undecided": 1}},
        "failures": (
            Failure("relax:x_a1", "x_a1", "relax", "walltime", "walltime: too slow", 3),
            Failure("relax:x_a2", "x_a2", "relax", "walltime", "walltime: too slow", 3),
            Failure("relax:y_a1", "y_a1", "relax", "scf-not-converged", "no SCF", 3),
        ),
        "spent_s": 150.0,
        "left_s": 600.0,
        "core_spent_s": 7200.0,
        "core_left_s": 36000.0,
    }
    return CampaignStatus(**known | changes)


def shown(renderable):
    console = Console(file=io.StringIO(), width=160)
    console.print(renderable)
    return console.file.getvalue()


def test_the_table_has_counts_groups_failures_by_reason_and_says_what_is_left():
    text = shown(status_table(status(), workers=2, elapsed_s=75))
    row = next(line for line in text.splitlines() if line.startswith("relaxation"))
    assert row.split()[-6:] == ["1", "5", "2", "12", "30.0", "s"]
    assert row.count("#") == progress.BAR * 5 // 12
    assert "failed: 2 x relaxation, walltime; relax:x_a1: walltime: too slow" in text
    assert "failed: 1 x relaxation, scf-not-converged" in text
    assert "ionsieve rerun --stage repeats the failed work (stages: relax)" in text
    assert "running for 1 min 15 s; work done 2 min 30 s (2 core hours); about 5 min 0 s (10 core hours) left" in text


def test_verdicts_tell_those_that_another_one_stands_for():
    line = verdict_line(status()).plain
    assert line == (
        "verdicts: relaxed 4 of 5; near the hull 1 of 5, 1 undecided, 2 not the lowest of their composition"
    )
    assert verdict_line(status(verdicts={})).plain == "verdicts: none yet"


def test_time_left_is_not_made_up():
    assert "time left: unknown" in time_line(status(left_s=None), workers=4, elapsed_s=None)


def test_stage_at_work_of_unknown_length_is_named():
    assert status().unfinished == "2 walltime in relax, 1 scf-not-converged in relax, 1 of hull not done"
    all_done = status(stages=(StageStatus("relax", {"done": 9, "put aside": 1}, 9, 30.0),), failures=())
    assert all_done.unfinished == ""
    lost = status(stages=(StageStatus("relax", {"done": 8, "failed": 1}, 9, 30.0),), failures=())
    assert lost.unfinished == "1 of relax not done"
    stages = (StageStatus("relax", {"done": 2}, 3, 5.0), StageStatus("short_md", {"running": 2}, 6, None))
    line = time_line(status(stages=stages), workers=1, elapsed_s=None)
    assert line.endswith("of the stages reached so far, not counting short MD segments, none of which has finished yet")
    timed = (StageStatus("short_md", {"running": 2}, 6, 30.0), StageStatus("long_md", {"waiting": 2}, 6, None))
    assert status(stages=timed).untimed == ()


def test_a_finished_campaign_has_nothing_left():
    done = status(stages=(StageStatus("relax", {"done": 9}, 9, 30.0),), left_s=0.0)
    assert time_line(done, workers=4, elapsed_s=None) == "work done 2 min 30 s (2 core hours); nothing left to do"


def test_results_of_two_versions_are_shown():
    assert "results of several versions" not in shown(status_table(status(versions={"0.1.0": 5})))
    assert "several versions of IonSieve: 5 by 0.1.0, 2 by 0.1.1" in shown(
        status_table(status(versions={"0.1.0": 5, "0.1.1": 2}))
    )


def test_a_log_gets_a_line_when_something_changed_and_not_too_often(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    console = Console(file=io.StringIO(), width=200)
    with Progress(console, workers=1) as shows:
        shows.show(status())
        for later, expected in ((1, 1), (14, 1), (16, 1), (31, 2)):
            now[0] = 1000.0 + later
            shows.show(status())
            assert len(console.file.getvalue().splitlines()) == expected, later
        now[0] += 16
        shows.show(status(stages=(StageStatus("relax", {"done": 9}, 12, 30.0),)))
        assert console.file.getvalue().splitlines()[-1].startswith("relaxation 9/12; running for 47 s")


def test_failed_work_is_neither_done_nor_left():
    stage = StageStatus("relax", {"done": 5, "failed": 2, "running": 1}, 12, 30.0)
    assert (stage.done, stage.left) == (5, 5)
    assert StageStatus("relax", {"done": 8, "failed": 1}, 9, 30.0).left == 0
    console = Console(file=io.StringIO(), width=200)
    with Progress(console, workers=1) as shows:
        shows.show(status(stages=(stage,)))
    assert console.file.getvalue().startswith("relaxation 5/12 (2 failed); ")


def test_the_last_verdict_is_shown_and_empty_columns_are_not():
    text = shown(status_table(status(last_verdict="x_a1, Hull: pass, 3 meV/atom above the hull")))
    assert "last verdict: x_a1, Hull: pass, 3 meV/atom above the hull" in text
    assert "reserved" not in text
    assert "last verdict" not in shown(status_table(status()))
