"""The Ewald screen of each composition: counts, proof, distribution of energies."""

from ewald.numbers import count, duration, significant
from screening.plan.composition_record import CompositionRecord
from screening.record.record import CampaignRecord
from screening.report.drawing.chart import Chart
from screening.report.html.labels import subscripted
from screening.report.html.markup import Markup, join, tag
from screening.report.html.palette import BLUE, VERMILLION
from screening.report.html.table import Cell, number, sortable_table

MOST_CHARTS = 60
"""Compositions whose distribution is drawn; the rest is in the record."""


def ewald_section(record: CampaignRecord) -> Markup:
    """Return the table of screens and the energy distributions."""
    table = sortable_table(
        "screens",
        (
            "composition",
            "formula",
            "mother",
            "compensation",
            "ions",
            "arrangements",
            "distinct",
            "method",
            "proved",
            "gap (eV)",
            "evaluated",
            "time",
        ),
        (_row(composition) for composition in record.compositions),
        filters=(2, 3),
    )
    drawn = [distribution(c) for c in record.compositions if len(c.energies_eV) > 1 or c.histogram_counts][:MOST_CHARTS]
    return join(
        table,
        tag(
            "details",
            tag("summary", f"Energy distributions ({len(drawn)})"),
            tag("div", join(*drawn), class_="figures"),
            open="" if len(drawn) <= 6 else None,
        )
        if drawn
        else None,
    )


def _row(composition: CompositionRecord) -> list[Cell | str | Markup]:
    proved = {True: "✓ yes", False: "✗ no", None: "–"}[composition.certified]
    return [
        composition.id,
        Cell(subscripted(composition.formula), composition.formula),
        composition.mother,
        composition.compensation,
        number(composition.ions, str(composition.ions)),
        number(float(composition.configurations), count(composition.configurations)),
        number(
            float(composition.distinct_configurations) if composition.distinct_configurations else None,
            count(composition.distinct_configurations),
        ),
        composition.method or "not run",
        proved,
        number(composition.gap_eV, significant(composition.gap_eV)),
        number(float(composition.evaluated) if composition.evaluated else None, count(composition.evaluated)),
        number(composition.seconds, duration(composition.seconds)),
    ]


def distribution(composition: CompositionRecord) -> Markup:
    """Draw the histogram of all energies, where there is one, and the lowest ones that were kept."""
    edges, counts = composition.histogram_edges_eV, composition.histogram_counts
    kept = composition.energies_eV
    if counts:
        positive = [value for value in counts if value > 0] or [1.0]
        chart = Chart(
            f"Ewald energies of {composition.id}",
            "energy (eV per cell)",
            "arrangements",
            [*edges, *kept],
            [*positive, min(positive) / 2],
            y_log=True,
            width=400,
            height=230,
        )
        chart.bars(edges, counts)
        for energy in kept:
            chart.level(energy, "", VERMILLION, vertical=True)
        caption = "all arrangements (bars) and those kept (dashed lines)"
    else:
        chart = Chart(
            f"Lowest Ewald energies of {composition.id}",
            "rank",
            "energy above the lowest (meV)",
            range(1, len(kept) + 1),
            [1000 * (energy - min(kept)) for energy in kept],
            width=400,
            height=230,
            y_zero=True,
            x_whole=True,
        )
        for rank, energy in enumerate(kept, start=1):
            chart.mark(rank, 1000 * (energy - min(kept)), BLUE)
        caption = "energies of the arrangements kept"
    return tag("figure", chart.svg(), tag("figcaption", f"{composition.id}: {caption}"))
