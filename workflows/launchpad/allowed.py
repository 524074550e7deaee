"""What the documents of the database may ask of FireWorks: which keys of a spec, which settings of a queue job."""

from typing import Any

from screening.campaign.execution import QUEUE_KEYS, QUEUE_VALUE
from workflows.launchpad.guard import RefusedTaskError

#: Keys of a spec that FireWorks itself acts on and that IonSieve's Fireworks may carry. Others could make a worker
#: copy files, change folders or run tasks in the background.
_ALLOWED_SPEC_KEYS = frozenset(
    {
        "_tasks",
        "_category",
        "_priority",
        "_fworker",
        "_allow_fizzled_parents",
        "_fizzled_parents",
        "_add_launchpad_and_fw_id",
        "_exception_details",
        "_queueadapter",
    }
)


def refuse_foreign_keys(document: dict[str, Any]) -> None:
    """Check that a Firework's spec steers FireWorks only in ways that IonSieve itself uses.

    Raises
    ------
    RefusedTaskError
        When it has another key that FireWorks acts on.
    """
    for key in document.get("spec", {}):
        if key.startswith("_") and key not in _ALLOWED_SPEC_KEYS:
            raise RefusedTaskError(f"its spec has {key}, which IonSieve never sets")
    asked = document.get("spec", {}).get("_queueadapter", {})
    for key, value in asked.items():
        if key not in QUEUE_KEYS or not QUEUE_VALUE.match(str(value)):
            raise RefusedTaskError(f"its _queueadapter has {key} = {value!r}, which a Firework may not set")
