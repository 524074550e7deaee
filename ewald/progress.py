"""Progress of a search: what is reported, and how a terminal shows it."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO


@dataclass(frozen=True)
class ProgressReport:
    """How far a search has come.

    ``done`` of ``total`` in ``unit`` ("configurations", "nodes", "moves"); ``total`` is None where it is not known.
    """

    done: int
    total: int | None
    unit: str
    best_eV: float | None = None
    bound_eV: float | None = None


Progress = Callable[[ProgressReport], None]


class TerminalProgress:
    """Shows progress as one line on stderr that is rewritten; silent when stderr is not a terminal.

    Parameters
    ----------
    stream
        Where to write; stderr by default.
    interval_s
        Shortest time between two updates.
    force
        Write even where the stream is no terminal.
    """

    def __init__(self, stream: TextIO | None = None, interval_s: float = 0.5, force: bool = False) -> None:
        self.stream = stream if stream is not None else sys.stderr
        self.interval_s = interval_s
        self.active = force or self.stream.isatty()
        self.started_s = time.monotonic()
        self.shown_s = 0.0
        self.width = 0

    def __call__(self, report: ProgressReport) -> None:
        """Show a report, unless the last one was shown only just now."""
        now_s = time.monotonic()
        if not self.active or now_s - self.shown_s < self.interval_s:
            return
        self.shown_s = now_s
        line = self.line(report, now_s - self.started_s)
        self.stream.write("\r" + line.ljust(self.width))
        self.stream.flush()
        self.width = len(line)

    @staticmethod
    def line(report: ProgressReport, elapsed_s: float) -> str:
        """Format a report: done, rate, time left, current best."""
        rate = report.done / elapsed_s if elapsed_s > 0 else 0.0
        parts = [f"{report.done:.4g} {report.unit}" if report.done >= 1e6 else f"{report.done} {report.unit}"]
        if report.total:
            parts[0] += f" of {report.total:.4g} ({100 * report.done / report.total:.1f} %)"
        parts.append(f"{rate:.3g}/s")
        if report.total and rate > 0:
            parts.append(f"{_duration(max(0, report.total - report.done) / rate)} left")
        if report.best_eV is not None:
            parts.append(f"best {report.best_eV:.4f} eV")
        if report.bound_eV is not None:
            parts.append(f"proven above {report.bound_eV:.4f} eV")
        return ", ".join(parts)

    def close(self) -> None:
        """Clear the line."""
        if self.active and self.width:
            self.stream.write("\r" + " " * self.width + "\r")
            self.stream.flush()
            self.width = 0


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172800 else f"{seconds / 86400:.0f} d"
