"""Charts of diffusion: mean squared displacement with its posterior, diffusivity against temperature."""

from collections.abc import Sequence

from screening.estimated import Estimate
from screening.report.drawing.chart import Chart, series_legend, series_styles
from screening.report.html.markup import Markup, tag
from screening.report.html.palette import BLUE
from screening.transport.conductivity import TransportResult

A2_PS_PER_CM2_S = 1e4
"""1 cm2/s in A2/ps."""

POINTS = 45
"""Points of a curve that are drawn; more cannot be seen."""


def msd_chart(stage: str, result: TransportResult) -> Markup | None:
    """Draw MSD(t) and the line 6Dt + c with the 95 % band of D; None when no MSD was stored.

    The offset c, the vibration of the ions, is the one that puts the line through the mean of the curve's later half.
    """
    every = max(1, len(result.msd_time_ps) // POINTS)
    time, msd = result.msd_time_ps[::every], result.msd_A2[::every]
    if len(time) < 2:
        return None
    slopes = [6 * A2_PS_PER_CM2_S * D for D in (result.D_cm2_s.mean, result.D_cm2_s.low95, result.D_cm2_s.high95)]
    half = len(time) // 2
    offset = sum(m - slopes[0] * t for t, m in zip(time[half:], msd[half:], strict=True)) / len(time[half:])
    if result.D_cm2_s.bound is not None:
        slopes, offset = [slopes[2]] * 3, min(m - slopes[2] * t for t, m in zip(time[half:], msd[half:], strict=True))
    ends = [time[0], time[-1]]
    middle, low, high = ([offset + slope * t for t in ends] for slope in slopes)
    chart = Chart(
        f"Mean squared displacement of {result.species} at {result.temperature_K:g} K",
        "time (ps)",
        "MSD (Å²)",
        time,
        [*msd, *high, 0.0],
        x_zero=True,
        y_zero=True,
        width=390,
        height=260,
    )
    chart.band(ends, low, high).line(list(zip(ends, middle, strict=True)), BLUE, dash="6 4")
    chart.line(list(zip(time, msd, strict=True)), "#222")
    drawn = f"6Dt + c of the upper bound of D, {result.D_cm2_s.bound} (dashed)"
    if result.D_cm2_s.bound is None:
        drawn = "6Dt + c (dashed), 95 % band of D"
    return chart.figure(f"{stage}, {result.temperature_K:g} K: MSD (black), {drawn}")


def arrhenius_chart(results: Sequence[tuple[str, TransportResult]]) -> Markup | None:
    """Draw D against 1000/T for several runs, by stage, and bounds as arrows; None with nothing to draw."""
    usable = [(label, result) for label, result in results if result.D_cm2_s.high95 > 0]
    if not usable:
        return None
    chart = Chart(
        "Diffusivity against temperature",
        "1000 / T (1/K)",
        "D (cm²/s)",
        [1000 / result.temperature_K for _, result in usable],
        [value for _, result in usable for value in _drawn(result.D_cm2_s)],
        y_log=True,
        width=390,
        height=260,
    )
    styles = series_styles(label for label, _ in usable)
    for label, result in usable:
        D, x = result.D_cm2_s, 1000 / result.temperature_K
        words = f"{label}, {result.temperature_K:g} K"
        if D.bound is not None:
            chart.mark(x, D.high95, *styles[label], label=f"{words}: upper bound, {D.bound}", bound=True)
        else:
            chart.mark(x, D.mean, *styles[label], label=words, y_interval=(max(D.low95, chart.y.low), D.high95))
    bounds = any(result.D_cm2_s.bound is not None for _, result in usable)
    caption = "Tracer diffusivity with 95 % intervals" + ("; arrows: upper bounds" if bounds else "")
    return chart.figure(caption, series_legend(styles))


def _drawn(D: Estimate) -> tuple[float, ...]:
    """Return the ends of the axis that an estimate needs; an interval that reaches zero does not."""
    if D.bound is not None:
        return D.high95 / 3, D.high95
    return D.mean, max(D.low95, D.mean / 30), D.high95


def figures(parts: Sequence[Markup | None]) -> Markup:
    """Put figures side by side, leaving out those there are no data for."""
    return tag("div", parts, class_="figures")
