"""The Ewald screen of each composition: counts, proof, distribution of energies."""

from ewald.numbers import MISSING, count, duration
from screening.plan.composition_record import CompositionRecord
from screening.record.record import CampaignRecord
from screening.report.drawing.chart import Chart
from screening.report.html.labels import subscripted
from screening.report.html.markup import Markup, folded, join, tag
from screening.report.html.palette import BLUE, VERMILLION
from screening.report.html.table import Cell, number, sortable_table

MOST_CHARTS = 60
"""Compositions whose distribution is drawn; the rest is in the record."""


def ewald_section(record: CampaignRecord) -> Markup:
    """Return the table of screens and the energy distributions."""
    headings = (
        "composition", "formula", "mother", "compensation", "ions", "arrangements", "distinct", "method", "proved",
        "gap (eV)", "evaluated", "time",
    )  # fmt: skip
    table = sortable_table("screens", headings, map(_row, record.compositions), filters=(2, 3))
    drawn = [distribution(c) for c in record.compositions if len(c.energies_eV) > 1 or c.histogram_counts][:MOST_CHARTS]
    if not drawn:
        return table
    shown = "" if len(drawn) <= 6 else None
    title = f"Energy distributions ({len(drawn)})"
    return join(table, folded(title, tag("div", drawn, class_="figures"), open=shown))


def _row(composition: CompositionRecord) -> list[Cell | str | Markup]:
    return [
        composition.id,
        Cell(subscripted(composition.formula), composition.formula),
        composition.mother,
        composition.compensation,
        number(composition.ions, str),
        _many(composition.configurations),
        _many(composition.distinct_configurations),
        composition.method or "not run",
        {True: "✓ yes", False: "✗ no", None: MISSING}[composition.certified],
        number(composition.gap_eV),
        _many(composition.evaluated),
        number(composition.seconds, duration),
    ]


def _many(number_of: str | int | None) -> Cell:
    return Cell(count(number_of or None), float(number_of) if number_of else None)


def distribution(composition: CompositionRecord) -> Markup:
    """Draw the histogram of all energies, where there is one, and the lowest ones that were kept."""
    edges, counts = composition.histogram_edges_eV, composition.histogram_counts
    kept = composition.energies_eV
    if counts:
        positive = [value for value in counts if value > 0] or [1.0]
        chart = Chart(
            f"Ewald energies of {composition.id}", "energy (eV per cell)", "arrangements",
            [*edges, *kept], [*positive, min(positive) / 2], y_log=True, width=400, height=230,
        ).bars(edges, counts)  # fmt: skip
        for energy in kept:
            chart.level(energy, "", VERMILLION, vertical=True)
        return chart.figure(f"{composition.id}: all arrangements (bars) and those kept (dashed lines)")
    above_meV = [1000 * (energy - min(kept)) for energy in kept]
    chart = Chart(
        f"Lowest Ewald energies of {composition.id}", "rank", "energy above the lowest (meV)",
        range(1, len(kept) + 1), above_meV, width=400, height=230, y_zero=True, x_whole=True,
    )  # fmt: skip
    for rank, energy_meV in enumerate(above_meV, start=1):
        chart.mark(rank, energy_meV, BLUE)
    return chart.figure(f"{composition.id}: energies of the arrangements kept")
