"""Short against long MD: whether the short, coarse runs choose the same candidates."""

from ewald.numbers import counted, estimate, significant
from screening.decision import Stage, Verdict
from screening.record.audit import ShortAgainstLong, filter_recall, short_against_long
from screening.record.ledger import latest_decisions
from screening.record.record import CampaignRecord
from screening.report.drawing.chart import Chart
from screening.report.html.markup import Content, Markup, join, tag
from screening.report.html.palette import VERDICT_COLOUR, VERDICT_SHAPE, VERDICT_SIGN
from screening.report.html.table import plain_table


def agreement_section(record: CampaignRecord) -> Markup:
    """Return scatter, confusion table and what they say."""
    found = short_against_long(record)
    if not found.candidates:
        return tag("p", "No candidate has a verdict of both MD stages yet.")
    rate = found.false_negative_rate
    audited = any(pair.startswith(f"{Verdict.FAIL}/") for pair in found.confusion)
    summary = (
        f"{counted(len(found.pairs), 'candidate')} with a conductivity from both stages: too few for a correlation. "
        if found.spearman is None
        else f"Spearman rank correlation {significant(found.spearman, 2)} over {len(found.pairs)} candidates. "
    )
    summary += (
        f"False-negative rate of short MD among them: {significant(rate, 2)}."
        if audited
        else "Short MD's false negatives are unknown: no rejected candidate was continued "
        "(set audit.fraction to measure it)."
    )
    table = plain_table(
        ("short MD ↓ / long MD →", *(f"{VERDICT_SIGN[long]} {long}" for long in Verdict)),
        (
            [f"{VERDICT_SIGN[short]} {short}", *(found.confusion.get(f"{short}/{long}", 0) for long in Verdict)]
            for short in Verdict
        ),
    )
    return join(tag("p", summary), tag("div", _scatter(record, found), table, class_="figures"))


def recall_section(record: CampaignRecord) -> Markup:
    """Return the recall of every filter, as far as rejected candidates were continued."""
    found = filter_recall(record)
    if not found:
        return tag("p", "No filter has rejected anything yet.")
    rows: list[list[Content]] = [
        [
            line.stage.heading,
            line.rejected,
            line.audited,
            line.decided,
            line.lost,
            line.passed,
            estimate(line.recall) if line.recall is not None else "unknown",
        ]
        for line in found
    ]
    headings = (
        "filter",
        "rejected",
        "continued (audit)",
        "decided",
        "good conductors lost",
        "good conductors kept",
        "recall (95 %)",
    )
    fraction = record.campaign.audit.fraction
    chosen = (
        f"A random {significant(100 * fraction)} % of the rejected candidates is continued to the end (audit.fraction)."
        if fraction
        else "No rejected candidate was continued to the end (audit.fraction is 0), so the recall is unknown."
    )
    note = (
        f"{chosen} Recall is the share of the good conductors that a filter keeps. Arrangements that are not the "
        "lowest of their composition count as rejected by the hull."
    )
    return join(tag("p", note), plain_table(headings, rows))


def _scatter(record: CampaignRecord, found: ShortAgainstLong) -> Markup | None:
    positive = [pair for pair in found.pairs if pair[1] > 0 and pair[2] > 0]
    if not positive:
        return None
    threshold = record.campaign.verdict.threshold_mS_cm
    values = [value for pair in positive for value in pair[1:]] + [threshold]
    chart = Chart(
        "Conductivity after long MD against short MD",
        "σ after short MD (mS/cm)",
        "σ after long MD (mS/cm)",
        values,
        values,
        x_log=True,
        y_log=True,
    )
    chart.line([(chart.x.low, chart.x.low), (chart.x.high, chart.x.high)], "#999", dash="2 3", width=1)
    chart.level(threshold, "threshold").level(threshold, "", vertical=True)
    decided = latest_decisions(record.decisions)
    for name, short, long in positive:
        verdict = decided[name][Stage.LONG_MD].verdict
        chart.mark(short, long, VERDICT_COLOUR[verdict], VERDICT_SHAPE[verdict], label=f"{name}: {verdict}")
    return chart.figure("Circle: passed; cross: failed; diamond: undecided, all after long MD.")
