"""How a task tells the worker around it that this process was asked to end."""

import threading

# One flag for the process: FireWorks gives a task no way to hand anything to the loop that runs it.
_REQUESTED = threading.Event()


def ask_to_stop() -> None:
    """Take no further work in this process."""
    _REQUESTED.set()


def stop_was_asked() -> bool:
    """Whether this process should take no further work."""
    return _REQUESTED.is_set()
