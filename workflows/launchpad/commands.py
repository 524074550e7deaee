"""FireWorks' own commands, run in a guarded process: same options, same files, same database.

What is different from the plain commands: only IonSieve's Firetasks run, runs ping every minute, a run that was told
to end takes no further work, and offline mode works (see :mod:`workflows.offline`).
"""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ewald.errors import UserError
from workflows.database.launchpad_file import read_launchpad_file
from workflows.launchpad import patches
from workflows.launchpad.connection import connect
from workflows.launchpad.launchpad import CampaignLaunchPad
from workflows.offline.inputs import SPEC_KEY, gather
from workflows.spec import StageSpec


class _Connection:
    """Stands where FireWorks' commands look for their LaunchPad class."""

    def __new__(cls, *_: Any, **__: Any) -> Any:
        raise UserError(
            "names no database", field="-l", fix="give -l my_launchpad.yaml, or put that file here or in ~/.fireworks"
        )

    @staticmethod
    def from_file(filename: str, *_: Any) -> CampaignLaunchPad:
        return connect(read_launchpad_file(Path(filename)))


class _QueueConnection(_Connection):
    """The same for `qlaunch`."""

    @staticmethod
    def from_file(filename: str, *_: Any) -> CampaignLaunchPad:
        launchpad = _Connection.from_file(filename)
        launchpad.running_leads_to_more = True
        return launchpad


def run_command(name: str, arguments: Sequence[str]) -> int:
    """Run `rlaunch`, `qlaunch` or `lpad` with its arguments; returns the exit status.

    Raises
    ------
    UserError
        When no connection file is named or found, or a named file is not there.
    """
    patches.install()
    patches.exchange(f"scripts.{name}_run:LaunchPad", _QueueConnection if name == "qlaunch" else _Connection)
    if name == "qlaunch":
        bring_inputs_along()
    # About FireWorks' own use of a helper of monty; nobody here can do anything about it.
    warnings.filterwarnings("ignore", category=FutureWarning, module="fireworks")
    try:
        status: int | None = patches.find(f"scripts.{name}_run:{name}")(list(arguments))
    except FileNotFoundError as error:
        raise UserError(str(error)) from None
    except ValueError as error:
        if "No path specified" not in str(error):
            raise
        raise UserError("names no queue adapter", field="-q", fix="give -q my_qadapter.yaml") from None
    return status or 0


def bring_inputs_along() -> None:
    """Have `qlaunch -r` of offline jobs write what they need from the database into the file they start from."""
    write_files = patches.find("queue.queue_launcher:setup_offline_job")

    def setup_offline_job(launchpad: Any, fw: Any, launch_id: int) -> None:
        fw.spec[SPEC_KEY] = gather(launchpad, StageSpec.from_fw_spec(fw.spec)).to_document()
        write_files(launchpad, fw, launch_id)

    patches.exchange("queue.queue_launcher:setup_offline_job", setup_offline_job)
