"""Stability with the electrodes: windows as bars, and what forms at both limits, at the metal and at the cathodes."""

from collections.abc import Mapping, Sequence

from ewald.numbers import significant, volts
from screening.hull.conduction import Conduction
from screening.hull.result import ElectrodeReaction, HullRecord
from screening.hull.wording import passivation_phrase, reaction_phrase
from screening.record.ranking import standings
from screening.record.record import CampaignRecord
from screening.report.drawing.chart import Chart, legend
from screening.report.drawing.scale import Scale
from screening.report.html.labels import candidate_link
from screening.report.html.markup import Markup, join, tag
from screening.report.html.palette import BLUE, GREY, SERIES, SHAPES
from screening.report.html.table import Cell, number, sortable_table

MOST_ROWS = 300
"""Candidates in the table, best first; the export has all."""
MOST_BARS = 40
"""Bars drawn, best candidates first; the table has every window."""
ROW, LEFT, WIDTH, TOP = 18, 250, 820, 8


def electrode_section(record: CampaignRecord) -> Markup:
    """Return the bars and the table of reactions."""
    places = standings(record)
    known = [hull for hull in record.hulls if hull.window_low_V is not None or hull.electrode_reactions]
    shown = sorted(known, key=lambda hull: places.get(hull.candidate_id, len(places)))[:MOST_ROWS]
    return join(_windows(places, record.hulls), _table(shown) if shown else None)


def _windows(places: Mapping[str, int], hulls: Sequence[HullRecord]) -> Markup:
    """Return the bars; low and high voltage stand beside each, so that the drawing needs no colour."""
    known = [h for h in hulls if h.window_low_V is not None and h.window_high_V is not None]
    shown = sorted(known, key=lambda hull: places.get(hull.candidate_id, len(places)))[:MOST_BARS]
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


def _table(hulls: list[HullRecord]) -> Markup:
    partners = list(dict.fromkeys(r.partner for hull in hulls for r in hull.electrode_reactions))

    def row(hull: HullRecord) -> list[Cell | str]:
        return [
            Cell(candidate_link(hull.candidate_id), hull.candidate_id),
            number(hull.window_low_V, volts(hull.window_low_V)),
            number(hull.window_high_V, volts(hull.window_high_V)),
            hull.reduction or "–",
            hull.oxidation or "–",
            Cell(passivation(hull), {True: "yes", False: "no", None: "open"}[hull.passivates_metal]),
            *(_reaction_cell(hull, partner) for partner in partners),
        ]

    headings = (
        "candidate", "low (V)", "high (V)", "reduction below it", "oxidation above it", "layer at the metal",
        *(f"{partner} (meV/atom)" for partner in partners),
    )  # fmt: skip
    return join(
        tag("h3", "Reactions at both limits and with the electrodes"),
        tag(
            "p",
            "Energies are those of the most exothermic mixture. A layer stops the reaction when no product of it "
            "carries electrons, which is told by calculated band gaps where they are known, else by formula.",
        ),
        sortable_table("electrodes", headings, map(row, hulls)),
    )


def passivation(hull: HullRecord) -> Markup:
    """Return the products at the metal and whether they stop the reaction; the reasons stand under the pointer."""
    if not hull.products_at_metal:
        return tag("span", "–")
    word = {True: "stops", False: "grows on", None: "open"}[hull.passivates_metal]
    return tag("span", f"{word}: {' + '.join(hull.products_at_metal)}", title=passivation_phrase(hull))


def _reaction_cell(hull: HullRecord, partner: str) -> Cell:
    reaction = next((r for r in hull.electrode_reactions if r.partner == partner), None)
    if reaction is None:
        return number(None, "–")
    mark = " (weaker)" if reaction.missing_systems or reaction.partner_on_hull else ""
    shown = significant(reaction.energy_meV_per_atom) + (mark if reaction.energy_meV_per_atom is not None else "")
    return Cell(tag("span", shown, title=reaction_phrase(reaction)), reaction.energy_meV_per_atom)


def reactivity_chart(reactions: tuple[ElectrodeReaction, ...]) -> Markup | None:
    """Draw the energy of the mixture against the share of electrolyte, for every electrode; None without a line."""
    drawn = [reaction for reaction in reactions if len(reaction.curve) > 1]
    if not drawn:
        return None
    chart = Chart(
        "Reaction energy along the mixing line with each electrode",
        "share of the atoms that are electrolyte",
        "energy (meV/atom)",
        [0.0, 1.0],
        [energy for reaction in drawn for _, energy in reaction.curve],
        y_zero=True,
        width=390,
        height=260,
    )
    for index, reaction in enumerate(drawn):
        colour, shape = SERIES[index % len(SERIES)], SHAPES[index % len(SHAPES)]
        chart.line(list(reaction.curve), colour)
        for share, energy in reaction.curve:
            worst = energy == min(value for _, value in reaction.curve)
            chart.mark(share, energy, colour, shape, label=f"{energy:g} meV/atom", size=5.0 if worst else 2.5)
    styles = [(r.partner, SERIES[i % len(SERIES)], SHAPES[i % len(SHAPES)]) for i, r in enumerate(drawn)]
    return tag(
        "figure",
        chart.svg(),
        tag("figcaption", "Mixtures with the electrodes; the largest mark is the worst", legend(styles)),
    )


def products_list(hull: HullRecord) -> Markup | None:
    """List every product with what is known of its electronic conduction."""
    if not hull.product_conduction:
        return None
    word = {Conduction.CONDUCTS: "fail", Conduction.DOUBTFUL: "undecided", Conduction.INSULATES: "pass"}
    items = (
        tag("li", f"{product.formula}: ", tag("span", product.conduction, class_=f"badge {word[product.conduction]}"),
            f" {product.basis}")
        for product in hull.product_conduction
    )  # fmt: skip
    return tag("details", tag("summary", "Products and their electronic conduction"), tag("ul", items))
