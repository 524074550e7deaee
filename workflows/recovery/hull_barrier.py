"""The gate before the hulls: they are submitted paused, and resumed once the reference phases are relaxed.

Whether the gate is open is a result in the database, written before any hull is resumed. So resuming is safe to
repeat, and whoever finds the gate open and a hull still paused (a worker without work, `recover`, `submit`) fixes
what a kill left undone.
"""

from typing import TYPE_CHECKING

from screening.value import Value
from workflows.launchpad.queries import fireworks_of
from workflows.spec import REFERENCES

if TYPE_CHECKING:
    from fireworks import LaunchPad

    from workflows.store.results import CampaignResults, Results

STAGE = "references_done"


class GateOpen(Value):
    """Written once the reference phases are relaxed; it holds nothing."""


def mark_references_done(results: "Results") -> None:
    """Open the gate."""
    results.put(STAGE, REFERENCES, "open", GateOpen())


def references_done(results: "Results") -> bool:
    """Whether the gate is open."""
    return results.get(GateOpen, STAGE, REFERENCES, "open") is not None


def release_hulls(launchpad: "LaunchPad", results: "CampaignResults") -> int:
    """Resume the paused hulls of a campaign when its gate is open; returns how many were."""
    query = fireworks_of(results.entry, "PAUSED", stage="hull")
    paused = [row["fw_id"] for row in launchpad.fireworks.find(query, {"fw_id": 1})]
    if not paused or not references_done(results):
        return 0
    for fw_id in paused:
        launchpad.resume_fw(fw_id)
    return len(paused)
