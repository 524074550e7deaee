"""Conductivity against temperature: runs, the line through them with its 95 % band, points of the literature."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from screening.campaign.literature import LiteraturePoint
from screening.estimated import Estimate
from screening.report.drawing.chart import Chart, series_legend, series_styles
from screening.report.html.markup import Markup
from screening.transport.conductivity import TransportResult

POINTS = 9
"""Temperatures at which the band is drawn."""

Band = tuple[tuple[float, Estimate], ...]


def arrhenius_chart(
    results: Sequence[tuple[str, TransportResult]],
    *,
    at_K: float | None = None,
    literature: Sequence[LiteraturePoint] = (),
    width: int = 390,
) -> Markup | None:
    """Draw the conductivity against 1000/T for several series, each with its line and band.

    Parameters
    ----------
    results
        Name of the series and one run of it.
    at_K
        Temperature to which the lines are extended, that of the verdict; None draws them between the runs.
    literature
        Published points.
    width
        Of the drawing, in points.

    Returns
    -------
    Markup or None
        None where no run gives a conductivity.
    """
    usable = [(label, result) for label, result in results if result.sigma_mS_cm.high95 > 0]
    if not usable:
        return None
    names = list(dict.fromkeys(label for label, _ in usable))
    bands = {name: _band([result for label, result in usable if label == name], at_K) for name in names}
    drawn = [value for _, result in usable for value in _ends(result.sigma_mS_cm)]
    drawn += [value for band in bands.values() for _, found in band for value in _ends(found)]
    chart = Chart(
        "Conductivity against temperature",
        "1000 / T (1/K)",
        "σ (mS/cm)",
        [
            *(1000 / result.temperature_K for _, result in usable),
            *(1000 / kelvin for band in bands.values() for kelvin, _ in band),
            *(1000 / point.temperature_K for point in literature),
        ],
        [*drawn, *(point.sigma_mS_cm for point in literature)],
        y_log=True,
        width=width,
        height=280,
    )
    published = [f"{point.source} (literature)" for point in literature]
    styles = series_styles([*names, *dict.fromkeys(published)])
    for name in names:
        _draw_band(chart, name, bands[name], styles[name][0])
    for label, result in usable:
        _draw_run(chart, label, result, styles[label])
    for name, point in zip(published, literature, strict=True):
        chart.mark(
            1000 / point.temperature_K, point.sigma_mS_cm, *styles[name], label=f"{name}, {point.temperature_K:g} K"
        )
    return chart.figure(_caption(bands, usable, at_K), series_legend(styles))


def _caption(bands: dict[str, Band], usable: Sequence[tuple[str, TransportResult]], at_K: float | None) -> str:
    said = "Conductivity with 95 % intervals"
    if any(bands.values()):
        said += ", the line through the temperatures with its 95 % band"
        said += f" (dashed: extended to {at_K:g} K)" if at_K is not None else ""
    if any(result.sigma_mS_cm.bound is not None for _, result in usable):
        said += "; arrows: upper bounds"
    return said


def _draw_band(chart: Chart, name: str, band: Band, colour: str) -> None:
    if not band:
        return
    x = [1000 / kelvin for kelvin, _ in band]
    floor = chart.y.low
    lows, highs = ([max(getattr(found, end), floor) for _, found in band] for end in ("low95", "high95"))
    chart.band(x, lows, highs, colour, name=f"{name}, line")
    chart.line([(a, max(found.mean, floor)) for a, (_, found) in zip(x, band, strict=True)], colour, dash="5 3")


def _draw_run(chart: Chart, label: str, result: TransportResult, style: tuple[str, str]) -> None:
    sigma, x = result.sigma_mS_cm, 1000 / result.temperature_K
    words = f"{label}, {result.temperature_K:g} K"
    if sigma.bound is not None:
        chart.mark(x, sigma.high95, *style, label=f"{words}: upper bound, {sigma.bound}", bound=True)
    else:
        interval = (max(sigma.low95, chart.y.low), sigma.high95)
        chart.mark(x, sigma.mean, *style, label=words, y_interval=interval)


def _ends(sigma: Estimate) -> tuple[float, ...]:
    """Return the ends of the axis that an estimate needs; an interval that reaches zero does not."""
    if sigma.bound is not None:
        return sigma.high95 / 3, sigma.high95
    return sigma.mean, max(sigma.low95, sigma.mean / 30), sigma.high95


def _band(results: Sequence[TransportResult], at_K: float | None) -> Band:
    """Return the line through the runs that are no bounds, at some temperatures; empty with fewer than two."""
    known = [
        (r.temperature_K, r.sigma_mS_cm) for r in results if r.sigma_mS_cm.bound is None and r.sigma_mS_cm.mean > 0
    ]
    temperatures = [kelvin for kelvin, _ in known]
    if len(set(temperatures)) < 2:
        return ()
    ends = [*temperatures, *([at_K] if at_K is not None else [])]
    inverse = np.linspace(1 / max(ends), 1 / min(ends), POINTS)
    return _fitted(
        tuple(temperatures), tuple(sigma for _, sigma in known), tuple(float(1 / value) for value in inverse)
    )


@lru_cache(maxsize=4096)
def _fitted(temperatures_K: tuple[float, ...], conductivities: tuple[Estimate, ...], at_K: tuple[float, ...]) -> Band:
    """Return the conductivity on the fitted lines, each straight in ln(sigma T) against 1/T: two points fix it."""
    from screening.transport.arrhenius import fit_arrhenius

    hot, cold = max(at_K), min(at_K)
    logs = [
        np.log(fit_arrhenius(temperatures_K, conductivities, kelvin).samples_mS_cm * kelvin) for kelvin in (hot, cold)
    ]
    band = []
    for kelvin in at_K:
        share = (1 / kelvin - 1 / hot) / (1 / cold - 1 / hot)
        low, middle, high = np.quantile(np.exp(logs[0] + share * (logs[1] - logs[0])) / kelvin, [0.025, 0.5, 0.975])
        band.append((kelvin, Estimate(mean=float(middle), low95=float(low), high95=float(high))))
    return tuple(band)
