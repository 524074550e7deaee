"""Electrochemical windows against the alkali metal, one bar per candidate."""

from ewald.numbers import volts
from screening.record import CampaignRecord, HullRecord
from screening.report.labels import candidate_link
from screening.report.markup import Markup, join, tag
from screening.report.palette import BLUE, GREY
from screening.report.scale import Scale
from screening.report.standing import standings

MOST = 40
"""Bars drawn, best candidates first; the table has every window."""
ROW, LEFT, WIDTH, TOP = 18, 250, 820, 8


def window_section(record: CampaignRecord) -> Markup:
    """Return the bars; low and high voltage stand beside each, so that the drawing needs no colour."""
    places = standings(record)
    known = [h for h in record.hulls if h.window_low_V is not None and h.window_high_V is not None]
    shown = sorted(known, key=lambda hull: places.get(hull.candidate_id, len(places)))[:MOST]
    if not shown:
        return tag("p", "No window was computed (hull.electrode_window does that).")
    voltages = [voltage for hull in shown for voltage in (hull.window_low_V, hull.window_high_V) if voltage is not None]
    scale = Scale.fit([0.0, 0.1, *voltages], LEFT, WIDTH - 110, zero=True)
    height = TOP + ROW * len(shown) + 44
    bottom = height - 40
    axis = [
        join(
            tag("line", x1=f"{scale(value):.1f}", x2=f"{scale(value):.1f}", y1=TOP, y2=bottom, class_="grid"),
            tag("text", label, x=f"{scale(value):.1f}", y=bottom + 15, text_anchor="middle"),
        )
        for value, label in scale.ticks()
    ]
    bars = [_bar(hull, scale, TOP + ROW * row) for row, hull in enumerate(shown)]
    label = tag("text", "V against the alkali metal", x=(LEFT + WIDTH - 110) / 2, y=bottom + 34, text_anchor="middle")
    return tag(
        "figure",
        tag(
            "svg", tag("title", "Electrochemical windows"), axis, bars, label,
            viewBox=f"0 0 {WIDTH} {height}", width=WIDTH, height=height, role="img", class_="chart",
        ),
        tag("figcaption", f"No reaction with the metal within the bar. {len(shown)} of {len(known)} candidates."),
    )  # fmt: skip


def _bar(hull: HullRecord, scale: Scale, y: float) -> Markup:
    low, high = hull.window_low_V or 0.0, hull.window_high_V or 0.0
    left, right = scale(low), scale(high)
    return join(
        tag("text", candidate_link(hull.candidate_id), x=LEFT - 8, y=y + 13, text_anchor="end"),
        tag("rect", x=f"{left:.1f}", y=y + 3, width=f"{max(right - left, 1):.1f}", height=ROW - 6, fill=BLUE),
        tag("text", f"{volts(low)} to {volts(high)}", x=f"{right + 6:.1f}", y=y + 13, fill=GREY),
    )
