"""Which classes a document in the database may bring to life: FireWorks imports and runs whatever it names."""

import functools
from collections.abc import Callable
from typing import Any

from workflows.spec import STAGES

#: The only classes a database document may bring to life in an IonSieve process.
ALLOWED_TASKS = frozenset(kind.task_name for kind in STAGES.values())
#: Classes that the user's own files name: the queue adapter of `qlaunch`. As a task they can do nothing.
_ALLOWED_ADAPTERS = frozenset({"CommonAdapter"})


class RefusedTaskError(Exception):
    """A document in the database names a class that is not one of IonSieve's Firetasks."""


def allowed(name: str) -> bool:
    """Whether a document may bring the class of this name to life."""
    return name in ALLOWED_TASKS or name in _ALLOWED_ADAPTERS


def guarded(load: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    """Have FireWorks' loader of classes refuse every class that is not :func:`allowed`."""

    @functools.wraps(load)
    def load_allowed(document: dict[str, Any]) -> Any:
        name = document.get("_fw_name")
        if not isinstance(name, str) or not allowed(name):
            raise RefusedTaskError(f"refused to load {name!r}: only IonSieve's own Firetasks may run here")
        return load(document)

    load_allowed.guarded = True  # type: ignore[attr-defined]
    return load_allowed
