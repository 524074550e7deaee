"""At most so many Fireworks of a stage or an engine at the same time: licences, GPUs, a file system that bears no more.

A limit holds for what is reserved or runs, wherever. Whoever takes a Firework looks first, and looks again after having
taken it: of several that take at the same moment, those who came too late give theirs back.
"""

from typing import TYPE_CHECKING, Any

from workflows.store.store import Store

if TYPE_CHECKING:
    from fireworks import LaunchPad

#: Part of the change that takes a Firework: when that happened, by the clock of the database server.
CLAIM = {"$currentDate": {"claimed_on": True}}


def full_groups(launchpad: "LaunchPad") -> list[dict[str, Any]]:
    """Return conditions that leave out the work of which as much as is allowed is taken."""
    return [
        {"$nor": [_group(*limit[:3])]}
        for limit in Store(launchpad.db).limits()
        if launchpad.fireworks.count_documents(_taken(*limit[:3]), limit=limit[3]) >= limit[3]
    ]


def over_limit(launchpad: "LaunchPad", document: dict[str, Any]) -> bool:
    """Whether a Firework that was just taken is one too many.

    Parameters
    ----------
    launchpad
        The database.
    document
        The Firework as it was before.
    """
    spec = document["spec"]
    if not spec.get("limits"):
        return False
    row = launchpad.fireworks.find_one({"fw_id": document["fw_id"]}, {"claimed_on": 1})
    if row is None:
        return True
    earlier = {"$or": [{"state": "RUNNING"}, {"claimed_on": {"$lte": row["claimed_on"]}}]}
    return any(
        launchpad.fireworks.count_documents(_taken(campaign, revision, name) | earlier) > number
        for campaign, revision, name, number in Store(launchpad.db).limits()
        if (campaign, revision) == (spec["campaign"], spec["revision"]) and name in spec["limits"]
    )


def _group(campaign: str, revision: str, name: str) -> dict[str, Any]:
    return {"spec.campaign": campaign, "spec.revision": revision, "spec.limits": name}


def _taken(campaign: str, revision: str, name: str) -> dict[str, Any]:
    return _group(campaign, revision, name) | {"state": {"$in": ["RESERVED", "RUNNING"]}}
