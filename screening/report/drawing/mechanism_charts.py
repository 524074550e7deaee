"""How the ions of a candidate move: what is known in words, and charts of it."""

from collections.abc import Sequence

from screening.mechanism.result import Mechanism
from screening.mechanism.wording import mechanism_lines
from screening.report.drawing.chart import Chart, legend
from screening.report.drawing.mechanism_view import mechanism_view
from screening.report.drawing.transport_charts import figures
from screening.report.html.markup import Markup, facts, folded, join, tag
from screening.report.html.palette import SERIES
from screening.species import split_species

POINTS = 80
"""Points of a curve that are drawn; more cannot be seen."""

_Curve = tuple[str, Sequence[float], Sequence[float]]


def mechanism_part(found: Mechanism) -> Markup:
    """Return a folded part of a candidate's section with sites, jumps, network and charts of one run."""
    notes = tag("ul", (tag("li", warning) for warning in found.warnings), class_="notes") if found.warnings else None
    return folded(
        f"How the ions move: {found.species} at {found.temperature_K:g} K, {found.length_ps:.4g} ps",
        tag(
            "div",
            mechanism_view(found),
            join(facts((label.strip(), text) for label, text in mechanism_lines(found)), notes),
            class_="two",
        ),
        figures(mechanism_charts(found)),
    )


def mechanism_charts(found: Mechanism) -> list[Markup]:
    """Return the charts of one run."""
    element = split_species(found.species)[0]
    radial = [
        ("–".join(sorted(one.elements, key=lambda e: e != element)), one.r_A, one.g)
        for one in found.radial
        if element in one.elements
    ]
    charts = [_chart(f"Radial distribution around {element}", "r (Å)", "g(r)", radial)] if radial else []
    if found.van_hove is not None:
        # The narrow peak of the shortest time would hide what comes later.
        curves = list(zip(found.van_hove.lag_ps, found.van_hove.self_per_A, strict=True))[1:]
        moved = [(f"{time:.3g} ps", found.van_hove.r_A, row) for time, row in curves]
        charts += [_chart(f"How far {element} has moved: 4πr²Gs(r, t)", "r (Å)", "1/Å", moved)] if moved else []
    by_element = [(one.element, one.lag_ps, one.msd_A2) for one in found.elements]
    if by_element:
        charts.append(_chart("Mean squared displacement by element", "time (ps)", "MSD (Å²)", by_element))
    return charts


def _chart(title: str, x_label: str, y_label: str, curves: Sequence[_Curve]) -> Markup:
    x = [value for _, xs, _ in curves for value in xs]
    y = [value for _, _, ys in curves for value in ys]
    chart = Chart(title, x_label, y_label, [0.0, *x], [0.0, *y], x_zero=True, y_zero=True, width=390, height=260)
    entries = []
    for number, (name, xs, ys) in enumerate(curves):
        colour = SERIES[number % len(SERIES)]
        every = max(1, len(xs) // POINTS)
        chart.line(list(zip(xs[::every], ys[::every], strict=True)), colour, width=1.4)
        entries.append((name, colour, "square"))
    return chart.figure(title, legend(entries))
