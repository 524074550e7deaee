"""The ranked table on the terminal."""

from rich.box import SIMPLE
from rich.table import Table

from ewald.numbers import estimate, significant
from screening.decision import Stage, Verdict
from screening.hull.wording import hull_number
from screening.record.history import CandidateHistory
from screening.record.ranking import best_first, judged_estimate
from screening.record.record import CampaignRecord
from screening.report.html.palette import VERDICT_COLOUR, VERDICT_SIGN

HEADINGS = (
    ("candidate", False),
    ("hull meV", True),
    ("short MD", False),
    ("long MD", False),
    ("T (K)", True),
    ("sigma (mS/cm)", False),
)
"""Columns and whether they hold numbers; few enough for a terminal of 80 characters, the report has the others."""


def ranked_table(record: CampaignRecord, most: int | None = 30) -> Table:
    """Return the candidates near the hull, best first, as a table for `rich.print`.

    Parameters
    ----------
    record
        The campaign.
    most
        Rows shown; None for all.
    """
    kept = [history for history in best_first(record) if history.near_hull]
    shown = kept if most is None else kept[:most]
    caption = f"{len(kept) - len(shown)} more in the report" if len(shown) < len(kept) else None
    if record.campaign.demonstration:
        caption = "A demonstration: cells and runs too short to publish" + (f"; {caption}" if caption else "")
    table = Table(
        title=f"{record.campaign.name}: candidates near the hull, best first",
        caption=caption,
        box=SIMPLE,
        padding=(0, 1, 0, 0),
    )
    for heading, right in HEADINGS:
        # Only the last column gives way in a narrow terminal: names have to stay whole, they are typed again.
        table.add_column(heading, justify="right" if right else "left", no_wrap=heading != HEADINGS[-1][0])
    for history in shown:
        table.add_row(*_cells(history))
    return table


def _cells(history: CandidateHistory) -> list[str]:
    best, hull, judged = history.best_transport(), history.hull, history.judged()
    # What is printed is what the verdict rests on; what a run measured stands in only before anything is decided.
    temperature_K = judged.temperature_K if judged else best.temperature_K if best else None
    sigma = judged_estimate(judged) if judged else best.sigma_mS_cm if best else None
    return [
        history.id,
        hull_number(hull),
        _verdict(history.verdict(Stage.SHORT_MD)),
        _verdict(history.verdict(Stage.LONG_MD)),
        significant(temperature_K),
        estimate(sigma),
    ]


def _verdict(verdict: Verdict | None) -> str:
    return "–" if verdict is None else f"[{VERDICT_COLOUR[verdict]}]{VERDICT_SIGN[verdict]} {verdict}[/]"
