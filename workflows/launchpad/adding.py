"""Workflows entered in the database once, whoever asks for them and however often."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from screening.campaign.campaign import Campaign
from workflows.builders.resources import equip

if TYPE_CHECKING:
    from fireworks import LaunchPad, Workflow


def add_missing(launchpad: "LaunchPad", wanted: Mapping[str, "Workflow"], campaign: Campaign) -> tuple[int, int]:
    """Add the workflows whose key is not in the database yet.

    Parameters
    ----------
    launchpad
        Where to.
    wanted
        Workflows by their unique key.
    campaign
        Says what their jobs ask for.

    Returns
    -------
    added, present
        How many are new, and how many were there.
    """
    from pymongo.errors import DuplicateKeyError

    rows = launchpad.workflows.find({"metadata.key": {"$in": list(wanted)}}, {"metadata.key": 1})
    present = {row["metadata"]["key"] for row in rows}
    added = 0
    for key, workflow in wanted.items():
        if key in present:
            continue
        try:
            launchpad.add_wf(equip(workflow, campaign))
            added += 1
        except DuplicateKeyError:
            # Somebody else submits the same campaign from another machine at this moment.
            present.add(key)
    return added, len(present)
