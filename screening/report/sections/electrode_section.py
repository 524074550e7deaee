"""Stability with the electrodes: windows as bars, and what forms at both limits, at the metal and at the cathodes."""

from collections.abc import Sequence

from ewald.numbers import counted, significant, volts
from screening.hull.conduction import Conduction
from screening.hull.result import ElectrodeReaction, HullRecord
from screening.hull.wording import passivation_phrase, reaction_phrase
from screening.record.ranking import best_first
from screening.record.record import CampaignRecord
from screening.report.drawing.chart import Chart, drawing, grid, rectangle, series_legend, series_styles, words
from screening.report.drawing.scale import Scale
from screening.report.html.labels import candidate_link, reaction_markup
from screening.report.html.markup import Markup, folded, join, tag
from screening.report.html.palette import BLUE, GREY
from screening.report.html.table import Cell, number, sortable_table

MOST_ROWS = 300
"""Candidates in the table, best first; the export has all."""
MOST_BARS = 40
"""Bars drawn, best candidates first; the table has every window."""
ROW, LEFT, WIDTH, TOP = 18, 250, 820, 8
PASSIVATION = {True: "passivating", False: "not passivating", None: "unclear"}


def electrode_section(record: CampaignRecord) -> Markup:
    """Return the bars and the table of reactions, best first: of candidates near the hull, of all where none is."""
    ranked = [history for history in best_first(record) if history.hull is not None]
    chosen = [history for history in ranked if history.near_hull] or ranked
    hulls = [history.hull for history in chosen if history.hull is not None]
    known = [hull for hull in hulls if hull.window_low_V is not None or hull.electrode_reactions]
    left = len(ranked) - len(chosen)
    what = counted(left, "candidate")
    note = f"Not shown here: {what} too far above the hull or not the lowest of the composition." if left else None
    return join(
        _windows(hulls), _table(known[:MOST_ROWS]) if known else None, tag("p", note, class_="note") if note else None
    )


def _windows(hulls: Sequence[HullRecord]) -> Markup:
    """Return the bars; low and high voltage stand beside each, so that the drawing needs no colour."""
    known = [
        (hull.candidate_id, hull.window_low_V, hull.window_high_V)
        for hull in hulls
        if hull.window_low_V is not None and hull.window_high_V is not None
    ]
    shown = known[:MOST_BARS]
    if not shown:
        return tag("p", "No window was computed (set hull.electrode_window).")
    right = WIDTH - 110
    scale = Scale.fit([0.0, 0.1, *(end for _, *ends in shown for end in ends)], LEFT, right, zero=True)
    bottom = TOP + ROW * len(shown) + 4
    parts = grid(scale, bottom, TOP)
    for row, (name, low, high) in enumerate(shown):
        start, end, y = scale(low), scale(high), TOP + ROW * row
        parts += [
            words(candidate_link(name), LEFT - 8, y + 13, "end"),
            rectangle(start, y + 3, max(end - start, 1), ROW - 6, fill=BLUE),
            words(f"{volts(low)} to {volts(high)}", end + 6, y + 13, "start", fill=GREY),
        ]
    parts.append(words("V against the alkali metal", (LEFT + right) / 2, bottom + 34))
    return tag(
        "figure",
        drawing("Electrochemical windows", WIDTH, bottom + 40, parts),
        tag(
            "figcaption",
            "Voltages at which the alkali metal does not react with the candidate. "
            + (f"The best {len(shown)} of {len(known)} candidates." if len(shown) < len(known) else ""),
        ),
        class_="wide",
    )


def _table(hulls: list[HullRecord]) -> Markup:
    partners = list(dict.fromkeys(r.partner for hull in hulls for r in hull.electrode_reactions))

    def row(hull: HullRecord) -> list[Cell | str]:
        return [
            Cell(candidate_link(hull.candidate_id), hull.candidate_id),
            number(hull.window_low_V, volts),
            number(hull.window_high_V, volts),
            Cell(reaction_markup(hull.reduction or "–"), hull.reduction or "–"),
            Cell(reaction_markup(hull.oxidation or "–"), hull.oxidation or "–"),
            Cell(passivation(hull), PASSIVATION[hull.passivates_metal]),
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
            "Energies are those of the most exothermic mixture; a lower bound where competing phases are missing. A "
            "layer is passivating when none of its products conducts electrons, judged by calculated band gaps where "
            "they are known, else by formula.",
        ),
        sortable_table("electrodes", headings, map(row, hulls)),
    )


def passivation(hull: HullRecord) -> Markup:
    """Return the products at the metal and whether they passivate it; the reasons stand under the pointer."""
    if not hull.products_at_metal:
        return tag("span", "–")
    word = PASSIVATION[hull.passivates_metal]
    return tag("span", f"{word}: ", reaction_markup(" + ".join(hull.products_at_metal)), title=passivation_phrase(hull))


def _reaction_cell(hull: HullRecord, partner: str) -> Cell:
    reaction = next((r for r in hull.electrode_reactions if r.partner == partner), None)
    if reaction is None:
        return number(None)
    mark = " (lower bound)" if reaction.lower_bound else ""
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
    styles = series_styles(reaction.partner for reaction in drawn)
    for reaction in drawn:
        style = styles[reaction.partner]
        chart.line(list(reaction.curve), style[0])
        worst = min(energy for _, energy in reaction.curve)
        for share, energy in reaction.curve:
            chart.mark(share, energy, *style, label=f"{energy:g} meV/atom", size=5.0 if energy == worst else 2.5)
    return chart.figure(
        "Mixtures with the electrodes; the largest marker is the most exothermic", series_legend(styles)
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
    return folded("Products and their electronic conduction", tag("ul", items))
