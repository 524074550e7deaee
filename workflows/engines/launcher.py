"""The command of a code that a launcher such as mpirun starts."""

from collections.abc import Sequence
from pathlib import Path

from ewald.errors import CampaignError
from workflows.process.run_code import find_executable


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
