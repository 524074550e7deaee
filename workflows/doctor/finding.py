"""One line of the examination."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How something was found.

    Attributes
    ----------
    OK
        Usable.
    MISSING
        Not installed; needed only by those who want it.
    NOT_SET_UP
        Installed or shipped, and wants something of yours: a model file, a path, a licence.
    BROKEN
        IonSieve itself does not work as it is.
    """

    OK = "ok"
    MISSING = "missing"
    NOT_SET_UP = "not set up"
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    """What was found of one thing.

    Attributes
    ----------
    group
        `installation`, `engine`, `extra`, `MPI`, `database`, `queue` or `machine`.
    name
        What was looked for.
    state
        How it was found.
    detail
        Version, path, or what is wrong.
    fix
        What to do about it; empty where there is nothing to do.
    """

    group: str
    name: str
    state: State
    detail: str
    fix: str = ""
