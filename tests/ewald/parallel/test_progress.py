"""The progress line: what it says, and when it is silent."""

import io

from ewald.parallel.progress import ProgressLine


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_line_has_share_rate_rest_and_best():
    line = ProgressLine(1000.0, enabled=False)._line(250.0, -3.25, 10.0)
    assert line == "250 of 1e+03 configurations (25 %), 25/s, 30 s left, best -3.2500 eV"


def test_unknown_total():
    assert ProgressLine(0, "nodes", enabled=False)._line(10.0, float("inf"), 5.0) == "10 nodes, 2/s"


def test_silent_when_nobody_watches():
    stream = io.StringIO()
    progress = ProgressLine(10, stream=stream, interval_s=0.0)
    progress.update(5)
    progress.close()
    assert stream.getvalue() == ""


def test_shown_on_a_terminal_and_wiped():
    stream = Terminal()
    progress = ProgressLine(10, stream=stream, interval_s=0.0)
    progress.update(5, -1.0)
    progress.close()
    assert "5 of 10" in stream.getvalue()
    assert stream.getvalue().endswith("\r\x1b[K")
