"""The barrier before the hulls: they are submitted paused, and resumed once the reference phases are relaxed.

Whether it is lifted is a result in the database, written before any hull is resumed. So resuming is safe to
repeat, and whoever finds it lifted and a hull still paused (a worker without work, `recover`, `submit`) does
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


class ReferencesDone(Value):
    """Written once the reference phases are relaxed; it holds nothing."""


def mark_references_done(results: "Results") -> None:
    """Note that every reference phase was tried: the barrier is lifted."""
    results.put(STAGE, REFERENCES, "open", ReferencesDone())


def references_done(results: "Results") -> bool:
    """Whether the reference phases are done."""
    return results.get(ReferencesDone, STAGE, REFERENCES, "open") is not None


def release_hulls(launchpad: "LaunchPad", results: "CampaignResults") -> int:
    """Resume the paused hulls of a campaign when its reference phases are done; returns how many were."""
    query = fireworks_of(results.entry, "PAUSED", stage="hull")
    paused = [row["fw_id"] for row in launchpad.fireworks.find(query, {"fw_id": 1})]
    if not paused or not references_done(results):
        return 0
    for fw_id in paused:
        launchpad.resume_fw(fw_id)
    return len(paused)
