"""How far a search is: one line on stderr, only where somebody can see it, or a report to whoever asked for one."""

import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

from ewald.numbers import duration


@dataclass(frozen=True)
class ProgressReport:
    """How far a search has come.

    Attributes
    ----------
    done, total
        Work done and in all, in ``unit``; ``total`` is None where it is not known.
    unit
        What is counted: "configurations", "nodes" or "moves".
    best_eV
        Lowest energy found so far; None before there is one.
    bound_eV
        Energy below which no arrangement can lie, as far as it is proven; None without a bound.
    """

    done: int
    total: int | None
    unit: str
    best_eV: float | None = None
    bound_eV: float | None = None


ProgressCallback = Callable[[ProgressReport], None]


class ProgressLine:
    """Rewrites one line with what is done, the rate, the time left and the best energy so far.

    Parameters
    ----------
    total
        Work in all, in ``noun``; 0 when unknown.
    noun
        What is counted.
    stream
        stderr by default.
    enabled
        By default only when the stream is a terminal.
    interval_s
        Least time between two lines.
    callback
        Gets a :class:`ProgressReport` in place of every line.
    """

    def __init__(
        self,
        total: float,
        noun: str = "configurations",
        *,
        stream: TextIO | None = None,
        enabled: bool | None = None,
        interval_s: float = 0.5,
        callback: ProgressCallback | None = None,
    ) -> None:
        self.total = total
        self.noun = noun
        self.stream = stream or sys.stderr
        self.callback = callback
        self.enabled = (callback is not None or self.stream.isatty()) if enabled is None else enabled
        self.interval_s = interval_s
        self._begin_s = self._last_s = time.monotonic()
        self._begin_done: float | None = None
        self._shown = False

    def update(self, done: float, best_eV: float = math.inf, bound_eV: float = -math.inf) -> None:
        """Show the state, unless the last line is too recent.

        Parameters
        ----------
        done
            Work done, in ``noun``.
        best_eV
            Lowest energy found; infinite for none.
        bound_eV
            Energy below which nothing can lie any more; minus infinity for none.
        """
        if self._begin_done is None:
            self._begin_done = done
        now_s = time.monotonic()
        if not self.enabled or now_s - self._last_s < self.interval_s:
            return
        self._last_s = now_s
        if self.callback is not None:
            self.callback(self._report(done, best_eV, bound_eV))
            return
        self.stream.write("\r\x1b[K" + self._line(done, best_eV, now_s - self._begin_s, bound_eV))
        self.stream.flush()
        self._shown = True

    def _report(self, done: float, best_eV: float, bound_eV: float) -> ProgressReport:
        return ProgressReport(
            int(done),
            int(self.total) or None,
            self.noun,
            best_eV if math.isfinite(best_eV) else None,
            bound_eV if math.isfinite(bound_eV) else None,
        )

    def _line(self, done: float, best_eV: float, elapsed_s: float, bound_eV: float = -math.inf) -> str:
        """Format the state."""
        rate = max(done - (self._begin_done or 0.0), 0.0) / elapsed_s if elapsed_s > 0 else 0.0
        parts = [f"{done:.3g} {self.noun}"]
        if self.total > 0:
            parts[0] = f"{done:.3g} of {self.total:.3g} {self.noun} ({100 * min(done / self.total, 1):.0f} %)"
        parts.append(f"{rate:.2g}/s")
        if self.total > done and rate > 0:
            parts.append(f"{duration((self.total - done) / rate)} left")
        if math.isfinite(best_eV):
            parts.append(f"best {best_eV:.4f} eV")
        if math.isfinite(bound_eV):
            parts.append(f"proven above {bound_eV:.4f} eV")
        return ", ".join(parts)

    def close(self) -> None:
        """Leave the terminal on a fresh line."""
        if self._shown:
            self.stream.write("\r\x1b[K")
            self.stream.flush()


class TerminalProgress:
    """A progress callback that rewrites one line on stderr; silent where that is no terminal."""

    def __init__(self, stream: TextIO | None = None, *, enabled: bool | None = None, interval_s: float = 0.5) -> None:
        self._line = ProgressLine(0, stream=stream, enabled=enabled, interval_s=interval_s)

    def __call__(self, report: ProgressReport) -> None:
        """Show a report, unless the last one was shown only just now."""
        self._line.total, self._line.noun = report.total or 0, report.unit
        self._line.update(
            report.done,
            math.inf if report.best_eV is None else report.best_eV,
            -math.inf if report.bound_eV is None else report.bound_eV,
        )

    def close(self) -> None:
        """Clear the line."""
        self._line.close()
