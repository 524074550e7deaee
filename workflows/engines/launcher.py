"""The command of a code that a launcher such as mpirun starts."""

from collections.abc import Callable, Sequence
from pathlib import Path

from ewald.errors import CampaignError
from workflows.engines.errors import EngineError, FailureReason
from workflows.process.run_code import find_executable

#: What a segment is said to have ended by, of what may stop a code.
_ENDED = {FailureReason.WALLTIME: "walltime", FailureReason.STOPPED: "signal"}


def launched(launcher: Sequence[str], command: Sequence[str]) -> list[str]:
    """Return the words of a command with its launcher in front.

    Raises
    ------
    CampaignError
        When the launcher is not given by its full path: a Python environment may hold another MPI's.
    DependencyError
        When it is not there.
    """
    if launcher and not Path(launcher[0]).is_absolute():
        raise CampaignError(
            "the launcher's first word must be an absolute path",
            field="launcher",
            value=launcher[0],
            fix="another package may have a launcher of the same name; write for instance /usr/bin/mpirun",
        )
    if launcher:
        find_executable(launcher[0], fix="correct launcher in the preset")
    return [*launcher, *command]


def ended_by(run: Callable[[], object]) -> str:
    """Run a code; return "complete", or what stopped it: "walltime" or "signal".

    Raises
    ------
    EngineError
        When it failed in another way.
    """
    try:
        run()
    except EngineError as error:
        if error.reason not in _ENDED:
            raise
        return _ENDED[error.reason]
    return "complete"
