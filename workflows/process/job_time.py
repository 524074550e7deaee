"""When the queue will end this job, so that work stops cleanly before."""

import datetime as dt
import os
import time
from collections.abc import Mapping

from ewald.errors import UserError

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
    end = _end(environment)
    if end is None:
        return None
    margin = environment.get(_MARGIN_VARIABLE, "")
    return int(end[1]) - time.time() - (float(margin) if margin.isdecimal() else _MARGIN_S)


def refuse_ended_job(environment: Mapping[str, str] = os.environ) -> None:
    """Check, as a job begins, that it does not end before it began; it would do nothing but leave its work to others.

    Raises
    ------
    UserError
        When its end has passed.
    """
    end = _end(environment)
    if end is not None and int(end[1]) <= time.time():
        when = dt.datetime.fromtimestamp(int(end[1])).astimezone().isoformat(sep=" ")
        raise UserError(
            f"says that this job ended at {when}",
            field=end[0],
            value=end[1],
            fix="correct the line of the queue template that sets it, or leave it out",
        )


def _end(environment: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the variable that tells the end of the job, and its value."""
    found = ((name, environment[name]) for name in _END_VARIABLES if environment.get(name, "").isdecimal())
    return next(found, None)


def time_is_up() -> bool:
    """Whether this job should begin nothing more."""
    left = seconds_left()
    return left is not None and left <= 0
