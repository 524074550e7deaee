"""The scope of a campaign's revision, as queries of FireWorks' collections."""

from typing import Any

from workflows.store.entry import CampaignEntry

ACTIVE = ("READY", "RESERVED", "RUNNING")
"""States of Fireworks that run or could run at once."""

URGENT = [("spec._priority", -1), ("fw_id", 1)]
"""Order in which Fireworks are taken."""


def fireworks_of(entry: CampaignEntry, *states: str, **spec: Any) -> dict[str, Any]:
    """Return the query for the Fireworks of a campaign's revision.

    Parameters
    ----------
    states
        Only Fireworks in one of these; in any state when none is given.
    spec
        Only those whose spec holds these values, or fits these conditions.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> fireworks_of(SimpleNamespace(name="c", revision="r"), "READY", stage="hull")
    {'spec.campaign': 'c', 'spec.revision': 'r', 'spec.stage': 'hull', 'state': {'$in': ['READY']}}
    """
    query: dict[str, Any] = {"spec.campaign": entry.name, "spec.revision": entry.revision}
    query |= {f"spec.{name}": value for name, value in spec.items()}
    return query | {"state": {"$in": list(states)}} if states else query


def workflows_of(entry: CampaignEntry) -> dict[str, Any]:
    """Return the query for the workflows of a campaign's revision."""
    return {"metadata.campaign": entry.name, "metadata.revision": entry.revision}


def unfinished_workflows_of(entry: CampaignEntry) -> dict[str, Any]:
    """Return the query for those workflows of a campaign's revision in which something may still change."""
    return workflows_of(entry) | {"state": {"$nin": ["COMPLETED", "ARCHIVED"]}}


def locked_workflows_of(name: str) -> dict[str, Any]:
    """Return the query for the locked workflows of a campaign, of all its revisions."""
    return {"metadata.campaign": name, "locked": {"$exists": True}}
