"""FireWorks' own commands, run in a guarded process: same options, same files, same database.

What is different from the plain commands: only IonSieve's Firetasks run, runs ping every minute, a run that was told
to end takes no further work, and offline mode works (see :mod:`workflows.offline`).
"""

import logging
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ewald.errors import UserError
from workflows.database.launchpad_file import read_launchpad_file
from workflows.launchpad import patches
from workflows.launchpad.connection import connect
from workflows.launchpad.launchpad import CampaignLaunchPad
from workflows.launchpad.packing import launch_packed
from workflows.offline.inputs import SPEC_KEY, gather
from workflows.process.job_time import refuse_ended_job
from workflows.spec import StageSpec

#: With FireWorks' pause of a minute between rounds, a queue that takes nothing for a day is not coming back.
_MAX_REFUSALS = 1440


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


class _RunnersConnection(_Connection):
    """The same for `rlaunch`."""

    @staticmethod
    def from_file(filename: str, *_: Any) -> CampaignLaunchPad:
        launchpad = _Connection.from_file(filename)
        launchpad.ends_when_told = True
        return launchpad


_CONNECTIONS = {"qlaunch": _QueueConnection, "rlaunch": _RunnersConnection}


def run_command(name: str, arguments: Sequence[str]) -> int:
    """Run `rlaunch`, `qlaunch` or `lpad` with its arguments; returns the exit status.

    Raises
    ------
    UserError
        When no connection file is named or found, or a named file is not there.
    """
    patches.install()
    patches.exchange(f"scripts.{name}_run:LaunchPad", _CONNECTIONS.get(name, _Connection))
    if name == "rlaunch":
        refuse_ended_job()
        patches.exchange("scripts.rlaunch_run:launch_multiprocess", launch_packed)
    if name == "qlaunch":
        bring_inputs_along()
        survive_refusals()
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


class _LastReason(logging.Handler):
    """Keeps what the queue said last; FireWorks hands it to its loggers alone."""

    said = ""

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if "error response reads" in text:
            said = text.partition("error response reads:")[2].strip()
            self.said = " ".join(said.removeprefix("b").strip("'\"").replace("\\n", " ").split())


def survive_refusals() -> None:
    """Have `qlaunch rapidfire` go on after a job that the queue refuses, for some refusals in a row.

    A limit on the jobs of a user, or a queue's server that restarts, is no reason to end: the loop asks again after
    its pause.
    """
    submit = patches.find("queue.queue_launcher:launch_rocket_to_queue")
    reason = _LastReason()
    logging.getLogger().addHandler(reason)
    refused = 0

    def launch_rocket_to_queue(*arguments: Any, **options: Any) -> Any:
        nonlocal refused
        reason.said = ""
        job = submit(*arguments, **options)
        if job is not False:
            refused = 0 if job else refused
            return job
        refused += 1
        sys.stderr.write(f"the queue refused the job: {reason.said or 'see above'}\n")
        if refused >= _MAX_REFUSALS:
            raise UserError(
                f"the queue refused {refused} jobs in a row: {reason.said}", fix="correct the queue adapter"
            )
        # FireWorks' word for "nothing to submit now".
        return None

    patches.exchange("queue.queue_launcher:launch_rocket_to_queue", launch_rocket_to_queue)
