"""Short against long MD: whether the short, coarse runs choose the same candidates."""

from dataclasses import dataclass

from scipy.stats import spearmanr

from screening.decision import Decision, Stage, Verdict
from screening.dossier import Dossier, dossiers
from screening.numbers import significant
from screening.record import CampaignRecord
from screening.report.chart import Chart
from screening.report.markup import Markup, join, tag
from screening.report.palette import VERDICT_COLOUR, VERDICT_SHAPE, VERDICT_SIGN
from screening.report.table import plain_table


@dataclass(frozen=True)
class Agreement:
    """Candidates that both stages measured.

    Attributes
    ----------
    pairs
        (candidate, conductivity judged after short MD, after long MD), in mS/cm.
    confusion
        Number of candidates by (short verdict, long verdict).
    spearman
        Rank correlation of the conductivities; None with fewer than three pairs.
    """

    pairs: tuple[tuple[str, float, float], ...]
    confusion: dict[tuple[Verdict, Verdict], int]
    spearman: float | None

    @property
    def false_negative_rate(self) -> float | None:
        """Share of those that long MD passes which short MD had failed; known only through audits."""
        passed = sum(number for (_, long), number in self.confusion.items() if long is Verdict.PASS)
        missed = self.confusion.get((Verdict.FAIL, Verdict.PASS), 0)
        return missed / passed if passed else None


def measure_agreement(record: CampaignRecord) -> Agreement:
    """Compare the two MD stages over all candidates with both."""
    pairs: list[tuple[str, float, float]] = []
    confusion: dict[tuple[Verdict, Verdict], int] = {}
    for dossier in dossiers(record).values():
        short, long = dossier.verdict(Stage.SHORT_MD), dossier.verdict(Stage.LONG_MD)
        if short is None or long is None:
            continue
        confusion[short, long] = confusion.get((short, long), 0) + 1
        values = (_judged(dossier, Stage.SHORT_MD), _judged(dossier, Stage.LONG_MD))
        if values[0] is not None and values[1] is not None:
            pairs.append((dossier.id, values[0], values[1]))
    short_values, long_values = {pair[1] for pair in pairs}, {pair[2] for pair in pairs}
    spearman = None
    if len(pairs) >= 3 and len(short_values) > 1 and len(long_values) > 1:
        spearman = float(spearmanr([pair[1] for pair in pairs], [pair[2] for pair in pairs]).statistic)
    return Agreement(tuple(pairs), confusion, spearman)


def _judged(dossier: Dossier, stage: Stage) -> float | None:
    found: list[Decision] = [d for d in dossier.decided(stage) if d.unit == "mS/cm" and d.value is not None]
    return found[0].value if found else None


def agreement_section(record: CampaignRecord) -> Markup:
    """Return scatter, confusion table and what they say."""
    found = measure_agreement(record)
    if not found.confusion:
        return tag("p", "No candidate has a verdict of both MD stages yet.")
    rate = found.false_negative_rate
    audited = any(short is Verdict.FAIL for short, _ in found.confusion)
    summary = f"Spearman rank correlation {significant(found.spearman, 2)} over {len(found.pairs)} candidates. "
    summary += (
        f"False-negative rate of short MD: {significant(rate, 2)}."
        if audited
        else "Short MD's false negatives are unknown: no rejected candidate was sent on (audit.fraction does that)."
    )
    table = plain_table(
        ("short MD ↓ / long MD →", *(f"{VERDICT_SIGN[long]} {long}" for long in Verdict)),
        (
            [f"{VERDICT_SIGN[short]} {short}", *(found.confusion.get((short, long), 0) for long in Verdict)]
            for short in Verdict
        ),
    )
    return join(tag("p", summary), tag("div", _scatter(record, found), table, class_="figures"))


def _scatter(record: CampaignRecord, found: Agreement) -> Markup | None:
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
    by_id = dossiers(record)
    for name, short, long in positive:
        verdict = by_id[name].verdict(Stage.LONG_MD) or Verdict.UNDECIDED
        chart.mark(short, long, VERDICT_COLOUR[verdict], VERDICT_SHAPE[verdict], label=f"{name}: {verdict}")
    return tag(
        "figure",
        chart.svg(),
        tag("figcaption", "Circle: passed; cross: failed; diamond: undecided, all after long MD."),
    )
