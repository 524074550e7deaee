"""Charts of diffusion: mean squared displacement with its posterior."""

from collections.abc import Sequence

from screening.report.drawing.chart import Chart
from screening.report.html.markup import Markup, tag
from screening.report.html.palette import BLACK, BLUE
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
    # A displacement is never negative: the line of a bound begins where it leaves zero.
    ends = [max(time[0], -offset / slopes[0]) if result.D_cm2_s.bound is not None else time[0], time[-1]]
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
    chart.line(list(zip(time, msd, strict=True)), BLACK, name="MSD")
    drawn = f"6Dt + c of the upper bound of D, {result.D_cm2_s.bound} (dashed)"
    if result.D_cm2_s.bound is None:
        drawn = "6Dt + c (dashed), 95 % band of D"
    return chart.figure(f"{stage}, {result.temperature_K:g} K: MSD (solid), {drawn}")


def figures(parts: Sequence[Markup | None]) -> Markup:
    """Put figures side by side, leaving out those there are no data for."""
    return tag("div", parts, class_="figures")
