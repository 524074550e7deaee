"""Progress lines."""

import io

from ewald.progress import Progress, ProgressReport, TerminalProgress


def test_silent_when_not_a_terminal():
    stream = io.StringIO()
    shown = TerminalProgress(stream, interval_s=0)
    shown(ProgressReport(1, 10, "nodes", -1.0))
    shown.close()
    assert stream.getvalue() == ""


def test_line_has_rate_time_left_best_and_bound():
    line = Progress(100, "configurations").line(25, -3.5, 5.0, -4.0)
    assert "25 of 100 configurations (25 %)" in line
    assert "5/s" in line
    assert "15 s left" in line
    assert "best -3.5000 eV" in line
    assert "proven above -4.0000 eV" in line


def test_terminal_line_is_rewritten_and_cleared():
    stream = io.StringIO()
    shown = TerminalProgress(stream, enabled=True, interval_s=0)
    shown(ProgressReport(1, None, "moves", None))
    shown(ProgressReport(2, None, "moves", -1.0, -2.0))
    shown.close()
    assert stream.getvalue().count("\r") == 3
    assert "2 moves" in stream.getvalue()


def test_callback_in_place_of_a_line():
    reports = []
    progress = Progress(8, "nodes", interval_s=0, callback=reports.append)
    progress.update(4, -1.0)
    assert reports == [ProgressReport(4, 8, "nodes", -1.0, None)]
