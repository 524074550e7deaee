"""All candidates of a campaign: the best in full, the others of a large campaign as one line each."""

from collections.abc import Mapping

from ewald.numbers import MISSING
from screening.campaign.campaign import Campaign
from screening.decision import Decision, Verdict
from screening.mechanism.result import Mechanism
from screening.record.history import CandidateHistory
from screening.report.html.labels import anchor, badge, subscripted
from screening.report.html.markup import Markup, folded, join, tag
from screening.report.html.table import Cell, sortable_table
from screening.report.sections.candidate_section import candidate_section
from screening.report.sections.rejections import group_name

ALL_IN_FULL = 200
"""Up to so many candidates, every one has its section."""
MOST_IN_FULL = 300
"""Of more candidates, so many of those that no filter rejected have one; a browser opens no page of gigabytes."""


def candidate_list(
    candidates: list[CandidateHistory],
    campaign: Campaign | None = None,
    mechanisms: Mapping[str, Mechanism] | None = None,
) -> Markup:
    """Return the sections of the best candidates and a table of the others.

    Parameters
    ----------
    candidates
        Best first.
    campaign
        Their campaign.
    mechanisms
        How the ions move, by candidate.
    """
    known = mechanisms or {}
    if not candidates:
        return tag("p", "None yet.")
    if len(candidates) <= ALL_IN_FULL:
        return join(*(candidate_section(history, campaign, known.get(history.id)) for history in candidates))
    full = [history for history in candidates if history.failed_at() is None][:MOST_IN_FULL]
    chosen = {history.id for history in full}
    others = [history for history in candidates if history.id not in chosen]
    return join(
        *(candidate_section(history, campaign, known.get(history.id)) for history in full),
        folded(
            f"The other {len(others)} candidates, in one line each",
            tag(
                "p",
                "Full history of one candidate:  ",
                tag("code", "ionsieve explain CANDIDATE"),
                "; all structures: ",
                tag("code", "ionsieve export"),
                ".",
                class_="note",
            ),
            sortable_table(
                "others",
                ("candidate", "formula", "mother", "stage", "verdict", "measured", "reason"),
                (_line(history) for history in others),
                filters=(2, 3, 4),
            ),
        ),
    )


def _line(history: CandidateHistory) -> list[Cell | str | Markup]:
    decision = _last_word(history)
    value = decision.value if decision else None
    return [
        Cell(tag("span", history.id, id=anchor(history.id)), history.id),
        Cell(subscripted(history.candidate.formula), history.candidate.formula),
        history.candidate.mother,
        (decision.stage if decision else history.reached()).heading,
        Cell(badge(decision.verdict if decision else None), str(decision.verdict) if decision else "none"),
        Cell(f"{decision.written_value} {decision.unit}" if decision and value is not None else MISSING, value),
        group_name(decision) if decision and decision.verdict is Verdict.FAIL else "",
    ]


def _last_word(history: CandidateHistory) -> Decision | None:
    """Return the decision that stopped the candidate, else the latest one."""
    failed = history.failed_at()
    decisions = history.decided(failed) if failed else history.decisions
    rejected = [decision for decision in decisions if decision.verdict is Verdict.FAIL]
    return rejected[0] if rejected else decisions[-1] if decisions else None
