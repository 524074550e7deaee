"""When the queue will end this job, so that work stops cleanly before."""

import os
import time
from collections.abc import Mapping

#: Seconds since 1970 at which the job ends. The queues' templates set ours; newer versions of SLURM set their own.
_END_VARIABLES = ("IONSIEVE_JOB_END", "SLURM_JOB_END_TIME")
#: How long before that work stops, in seconds: time enough to write a checkpoint.
_MARGIN_VARIABLE = "IONSIEVE_STOP_EARLY_S"
_MARGIN_S = 60.0


def seconds_left(environment: Mapping[str, str] = os.environ) -> float | None:
    """Return how long this job may go on working; None where no queue says when it ends.

    Examples
    --------
    >>> seconds_left({}) is None
    True
    >>> 39 < seconds_left({"IONSIEVE_JOB_END": str(int(time.time()) + 100)}) < 41
    True
    """
    end = next((environment[name] for name in _END_VARIABLES if environment.get(name, "").isdecimal()), None)
    if end is None:
        return None
    margin = environment.get(_MARGIN_VARIABLE, "")
    return int(end) - time.time() - (float(margin) if margin.isdecimal() else _MARGIN_S)


def time_is_up() -> bool:
    """Whether this job should begin nothing more."""
    left = seconds_left()
    return left is not None and left <= 0
