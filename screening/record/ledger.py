"""The ledger: every decision of a campaign, in one order, as JSON lines that are byte-identical when repeated."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from ewald.files.atomic import write_atomic
from screening.decision import Decision, Stage

STAGE_ORDER = {stage: number for number, stage in enumerate(Stage)}
"""Position of each stage in the funnel."""


def ordered(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Put decisions into the one order of a ledger, whatever order workers finished in; drop exact duplicates.

    Sorted by stage, subject, quantity, then by the hash of the inputs and the whole content, so that two decisions
    that differ in anything have a fixed order too.
    """
    lines = {ledger_line(decision): decision for decision in decisions}
    return tuple(
        decision
        for _, decision in sorted(
            lines.items(),
            key=lambda pair: (
                STAGE_ORDER[pair[1].stage],
                pair[1].subject,
                pair[1].quantity,
                pair[1].inputs_hash,
                pair[0],
            ),
        )
    )


def latest_decisions(decisions: Iterable[Decision]) -> dict[str, dict[Stage, Decision]]:
    """Return each subject's last decision of every stage; later lines of the ledger replace earlier ones.

    Parameters
    ----------
    decisions
        Lines of the ledger in the order in which they were written. The result is keyed by subject and stage.
    """
    found: dict[str, dict[Stage, Decision]] = {}
    for decision in decisions:
        found.setdefault(decision.subject, {})[decision.stage] = decision
    return found


def ledger_line(decision: Decision) -> str:
    """Return one decision as a line of JSON: sorted keys, no blanks, shortest exact floats."""
    return json.dumps(
        decision.to_document(), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def ledger_text(decisions: Iterable[Decision]) -> str:
    """Return the whole ledger as JSON lines.

    Parameters
    ----------
    decisions
        Lines of the ledger, in any order; they are sorted.
    """
    return "".join(ledger_line(decision) + "\n" for decision in ordered(decisions))


def ledger_hash(decisions: Iterable[Decision]) -> str:
    """SHA-256 of the ledger's text: equal for two runs that decided the same from the same inputs.

    Parameters
    ----------
    decisions
        Lines of the ledger, in any order.
    """
    return hashlib.sha256(ledger_text(decisions).encode("utf-8")).hexdigest()


def write_ledger(decisions: Iterable[Decision], path: Path) -> Path:
    """Write the ledger, one decision a line as JSON, and return its path.

    Parameters
    ----------
    decisions
        In any order; they are written in that of :func:`ledger_text`.
    path
        Replaced as a whole, or not at all.
    """
    return write_atomic(path, ledger_text(decisions))
