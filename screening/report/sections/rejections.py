"""What was rejected and why, grouped by reason."""

import re
from collections import defaultdict
from collections.abc import Iterator

from ewald.numbers import significant
from screening.decision import Decision, Stage, Verdict
from screening.record.ledger import ordered
from screening.record.record import CampaignRecord
from screening.report.html.labels import candidate_link
from screening.report.html.markup import Markup, join, tag
from screening.report.html.table import plain_table

NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")

SPARED = "spared: another arrangement of their composition passed long MD, and they take turns"
NOT_LOWEST = "not the lowest of their composition: within the threshold, and a lower arrangement continues instead"
EQUAL = "the same crystal as an arrangement of another composition, which continues instead"

SHOWN = 40
"""Names listed in one group; the others are in the export."""


def group_rejections(record: CampaignRecord) -> dict[tuple[Stage, str, str], tuple[Decision, ...]]:
    """Group the failed decisions by stage, quantity and the reason with its numbers taken out."""
    groups: defaultdict[tuple[Stage, str, str], list[Decision]] = defaultdict(list)
    for decision in ordered(record.decisions):
        if decision.verdict is Verdict.FAIL:
            groups[decision.stage, decision.quantity, group_name(decision)].append(decision)
    return {key: tuple(members) for key, members in groups.items()}


def group_name(decision: Decision) -> str:
    """Return what the group of a rejection is called."""
    if decision.superseded_by is not None:
        return {Stage.EWALD: EQUAL, Stage.SHORT_MD: SPARED}.get(decision.stage, NOT_LOWEST)
    return reason_kind(decision.reason)


def reason_kind(reason: str) -> str:
    """Return a reason without what differs between candidates: its numbers, and clauses with a reaction."""
    clauses = [clause for clause in reason.split(";") if "->" not in clause]
    return NUMBER.sub("…", ";".join(clauses or [reason])).strip()


def rejections_section(record: CampaignRecord) -> Markup:
    """Return the groups as a table, with links to the candidates that have a section."""
    groups = group_rejections(record)
    if not groups:
        return tag("p", "Nothing was rejected.")
    sections = {candidate.id for candidate in record.candidates}

    def names(members: tuple[Decision, ...]) -> Markup:
        subjects = list(dict.fromkeys(decision.subject for decision in members))
        shown = [candidate_link(s) if s in sections else tag("span", s) for s in subjects[:SHOWN]]
        more = f" and {len(subjects) - SHOWN} more" if len(subjects) > SHOWN else ""
        return join(*(join(name, " ") for name in shown), more)

    rows = (
        [
            stage.heading,
            str(len({d.subject for d in members})),
            _shown(reason, members),
            _range(members),
            names(members),
        ]
        for (stage, _, reason), members in groups.items()
    )
    return plain_table(("stage", "rejected", "reason", "measured", "who"), rows)


def rejection_lines(record: CampaignRecord) -> Iterator[str]:
    """Yield the groups in plain words, the largest first, for a terminal."""
    groups = sorted(group_rejections(record).items(), key=lambda item: -len(item[1]))
    for (stage, _, reason), members in groups:
        if stage is not Stage.ENUMERATE:
            found = "" if len(members) == 1 else f"{_range(members)}; "
            yield f"{len(members)} stopped at {stage.heading}: {_shown(reason, members)} ({found}{members[0].subject})"


def _shown(reason: str, members: tuple[Decision, ...]) -> str:
    """Return the name of a group, or the whole reason where it has one member."""
    alone = len(members) == 1 and members[0].superseded_by is None
    return members[0].reason if alone else reason


def _range(members: tuple[Decision, ...]) -> str:
    known = sorted((one for one in members if one.value is not None), key=lambda one: one.value or 0.0)
    if not known:
        return "–"
    first, ends = members[0], list(dict.fromkeys((known[0].written_value, known[-1].written_value)))
    span = " to ".join(ends)
    limit = f", threshold {significant(first.threshold)}" if first.threshold is not None else ""
    quantity = first.quantity.replace("_", " ")
    return f"{quantity} {span} {first.unit}{limit}"
