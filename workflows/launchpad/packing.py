"""Packing one node: `rlaunch multi N` as N processes that each take Fireworks on their own.

FireWorks shares one LaunchPad between the processes through a server of objects, which hands tasks a plain LaunchPad
and writes locks that nobody gives back. Here each process has a connection of its own, so that it is known as the
owner of what it runs, pings for itself, and may be killed without harm to the others.
"""

import contextlib
import multiprocessing
import os
import signal
import time
from types import FrameType
from typing import TYPE_CHECKING, Any

from workflows.process.run_code import end_with_parent
from workflows.process.signals import Handler, SignalHandlers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.process import BaseProcess

    from workflows.launchpad.launchpad import CampaignLaunchPad

_STAGGER_S = 0.15


def launch_packed(  # noqa: PLR0917 - called as FireWorks calls its own
    launchpad: "CampaignLaunchPad",
    fworker: Any,
    loglvl: str,
    nlaunches: int | str,
    num_jobs: int,
    sleep_time: int | None,
    total_node_list: list[str] | None = None,
    ppn: int = 1,
    timeout: int | None = None,
    exclude_current_node: bool = False,
    local_redirect: bool = False,
    max_loops: int = -1,
) -> None:
    """Run `num_jobs` loops of `rlaunch rapidfire` side by side; takes the place of FireWorks' `launch_multiprocess`.

    Parameters
    ----------
    launchpad
        A connection whose settings each process opens anew.
    fworker, loglvl, nlaunches, sleep_time, timeout, local_redirect, max_loops
        As `rapidfire` takes them, for each process.
    num_jobs
        Number of processes.
    total_node_list, ppn, exclude_current_node
        Taken for the sake of the command's options: the launcher in an engine's preset says where a code runs.
    """
    del total_node_list, ppn, exclude_current_node
    loop = {
        "nlaunches": nlaunches,
        "max_loops": max_loops,
        "sleep_time": sleep_time,
        "strm_lvl": loglvl,
        "timeout": timeout,
        "local_redirect": local_redirect,
    }
    context = multiprocessing.get_context("spawn")
    arguments = (launchpad.settings, fworker.to_dict(), loop, os.getpid())
    processes = [context.Process(target=run_loop, args=arguments, name=f"rlaunch {n + 1}") for n in range(num_jobs)]
    with SignalHandlers((signal.SIGTERM, signal.SIGUSR1), _passing_on(processes)):
        for process in processes:
            process.start()
            time.sleep(_STAGGER_S)
        for process in processes:
            process.join()


def _passing_on(processes: "Sequence[BaseProcess]") -> Handler:
    def handler(number: int, _frame: FrameType | None) -> None:
        for process in processes:
            if process.pid is not None and process.is_alive():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, number)

    return handler


def run_loop(settings: dict[str, Any], fworker: dict[str, Any], loop: dict[str, Any], parent: int) -> None:
    """Be one of the processes."""
    from fireworks import FWorker
    from fireworks.core.rocket_launcher import rapidfire

    from workflows.launchpad.connection import connect

    end_with_parent()
    if os.getppid() != parent:
        return
    launchpad = connect(settings)
    launchpad.ends_when_told = True
    rapidfire(launchpad, fworker=FWorker.from_dict(fworker), **loop)
