"""How the predictions from compositions did, and what a campaign that chooses left out."""

from collections.abc import Iterator

from ewald.numbers import significant
from screening.choice.outlook import Outlook
from screening.record.prior_check import PriorCheck, not_computed_lines, prior_checks, prior_sentence
from screening.record.record import CampaignRecord
from screening.report.drawing.chart import Chart
from screening.report.html.markup import Content, Markup, join, tag
from screening.report.html.palette import VERDICT_COLOUR, VERDICT_SHAPE
from screening.report.html.table import Cell, number, sortable_table


def choice_section(record: CampaignRecord) -> Markup:
    """Return predictions against results, and the compositions that were not computed with their chances."""
    if record.choice is None:
        return join()
    expected = record.choice.expected
    sentence, checks = prior_sentence(expected, record.decisions), prior_checks(expected, record.decisions)
    return join(
        tag("p", sentence or "No predictions from compositions were made."),
        tag("div", _scatter(record, checks), class_="figures") if checks else None,
        _checked(checks) if checks else None,
        *(tag("p", line) for line in not_computed_lines(record)),
        _left(record.choice.not_begun, record.choice.unfinished),
    )


def _scatter(record: CampaignRecord, checks: tuple[PriorCheck, ...]) -> Markup:
    threshold = record.campaign.verdict.threshold_mS_cm
    pairs = [(10**check.expected.log10_mS_cm, 10**check.log10_mS_cm, check) for check in checks]
    values = [value for pair in pairs for value in pair[:2]] + [threshold]
    chart = Chart(
        "Computed against predicted conductivity", "σ predicted (mS/cm)", "σ computed (mS/cm)", values, values,
        x_log=True, y_log=True,
    )  # fmt: skip
    chart.line([(chart.x.low, chart.x.low), (chart.x.high, chart.x.high)], "#999", dash="2 3", width=1)
    chart.level(threshold, "threshold").level(threshold, "", vertical=True)
    for predicted, found, check in pairs:
        verdict = check.decision.verdict
        label = f"{check.expected.composition}: {verdict}{', a bound' if check.decision.bound else ''}"
        chart.mark(predicted, found, VERDICT_COLOUR[verdict], VERDICT_SHAPE[verdict], label=label)
    return chart.figure("Circle: passed; cross: failed.")


def _checked(checks: tuple[PriorCheck, ...]) -> Markup:
    headings = (
        "composition",
        "predicted (mS/cm)",
        "90 % interval",
        "found (mS/cm)",
        "at (K)",
        "held",
        "known chemistry",
    )
    rows = (
        [
            check.expected.composition,
            number(10**check.expected.log10_mS_cm),
            f"{significant(10**check.expected.low90, 2)} to {significant(10**check.expected.high90, 2)}",
            Cell(f"{'≤ ' if check.decision.bound else ''}{significant(10**check.log10_mS_cm)}", check.log10_mS_cm),
            number(check.expected.temperature_K),
            "yes" if check.held else "no",
            "no" if check.expected.outside else "yes",
        ]
        for check in checks
    )
    return sortable_table("predicted", headings, rows)


def _left(not_begun: tuple[Outlook, ...], unfinished: tuple[Outlook, ...]) -> Markup | None:
    if not not_begun and not unfinished:
        return None
    headings = ("composition", "state", "conductor (%)", "near the hull (%)", "fast (%)", "core hours to a verdict")
    rows: Iterator[list[Cell | Content]] = (
        [
            outlook.id,
            state,
            *(number(100 * value) for value in (outlook.probability, outlook.probability_hull)),
            number(100 * outlook.probability_sigma),
            number(outlook.core_hours),
        ]
        for state, outlooks in (("not started", not_begun), ("started, open", unfinished))
        for outlook in outlooks
    )
    return sortable_table("left", headings, rows)
