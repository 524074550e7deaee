"""All candidates of a campaign: the best in full, the others of a large campaign as one line each."""

from ewald.numbers import significant
from screening.decision import Decision, Verdict
from screening.record.dossier import Dossier
from screening.report.html.labels import anchor, badge, subscripted
from screening.report.html.markup import Markup, join, tag
from screening.report.html.table import Cell, number, sortable_table
from screening.report.sections.candidate_section import candidate_section
from screening.report.sections.rejections import group_name

ALL_IN_FULL = 200
"""Up to so many candidates, every one has its section."""
MOST_IN_FULL = 300
"""Of more candidates, so many of those that no filter rejected have one; a browser opens no page of gigabytes."""


def candidate_list(candidates: list[Dossier]) -> Markup:
    """Return the sections of the best candidates and a table of the others.

    Parameters
    ----------
    candidates
        Best first.
    """
    if not candidates:
        return tag("p", "None yet.")
    if len(candidates) <= ALL_IN_FULL:
        return join(*(candidate_section(dossier) for dossier in candidates))
    full = [dossier for dossier in candidates if dossier.failed_at() is None][:MOST_IN_FULL]
    chosen = {dossier.id for dossier in full}
    others = [dossier for dossier in candidates if dossier.id not in chosen]
    return join(
        *(candidate_section(dossier) for dossier in full),
        tag(
            "details",
            tag("summary", f"The other {len(others)} candidates, in one line each"),
            tag(
                "p",
                "The whole story of one: ",
                tag("code", "ionsieve explain CANDIDATE"),
                "; all structures: ",
                tag("code", "ionsieve export"),
                ".",
                class_="note",
            ),
            sortable_table(
                "others",
                ("candidate", "formula", "mother", "stage", "verdict", "measured", "reason"),
                (_line(dossier) for dossier in others),
                filters=(2, 3, 4),
            ),
        ),
    )


def _line(dossier: Dossier) -> list[Cell | str | Markup]:
    decision = _last_word(dossier)
    value = decision.value if decision else None
    return [
        Cell(tag("span", dossier.id, id=anchor(dossier.id)), dossier.id),
        Cell(subscripted(dossier.candidate.formula), dossier.candidate.formula),
        dossier.candidate.mother,
        (decision.stage if decision else dossier.reached()).heading,
        Cell(badge(decision.verdict if decision else None), str(decision.verdict) if decision else "none"),
        number(value, f"{significant(value)} {decision.unit}" if decision and value is not None else "–"),
        group_name(decision) if decision and decision.verdict is Verdict.FAIL else "",
    ]


def _last_word(dossier: Dossier) -> Decision | None:
    """Return the decision that stopped the candidate, else the last one about it."""
    failed = dossier.failed_at()
    decisions = dossier.decided(failed) if failed else dossier.decisions
    rejected = [decision for decision in decisions if decision.verdict is Verdict.FAIL]
    return rejected[0] if rejected else decisions[-1] if decisions else None
