"""A worker: one process that takes Fireworks of one campaign one after the other until none is left.

It stays alive between Fireworks, so that a machine-learned potential is loaded once. Started by `ionsieve run`, it
ends when its parent ends. FireWorks' own `rlaunch` works on the same Fireworks.
"""

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workflows.launchpad.queries import ACTIVE, fireworks_of
from workflows.process.owner import myself
from workflows.process.run_code import end_with_parent

if TYPE_CHECKING:
    from fireworks import LaunchPad

    from workflows.store.results import CampaignResults

_IDLE_POLLS = 4
POLL_S = 0.25


@dataclass(frozen=True)
class WorkerJob:
    """What a worker is started with; all of it fits on its command line.

    Attributes
    ----------
    launchpad_file
        Connection file of the database.
    campaign, revision
        What it works for.
    parent
        Number of the process that started it; the worker ends with it.
    """

    launchpad_file: Path
    campaign: str
    revision: str
    parent: int

    def arguments(self) -> list[str]:
        """Return the command-line arguments that :func:`main` reads."""
        return [str(self.launchpad_file), self.campaign, self.revision, str(self.parent)]


def work(launchpad: "LaunchPad", results: "CampaignResults", *, categories: tuple[str, ...] = ()) -> int:
    """Run Fireworks of a campaign until nothing is left to run; returns how many were run.

    Parameters
    ----------
    categories
        Take only these (`light`, `dft`, `md`); all when empty.
    """
    from fireworks import FWorker
    from fireworks.core.rocket_launcher import launch_rocket
    from pymongo.errors import PyMongoError

    from workflows.recovery.hull_barrier import release_hulls
    from workflows.recovery.launches import release_own

    fworker = FWorker(name=myself().name, category=list(categories) or "", query=fireworks_of(results.entry))
    done = idle = 0
    while not launchpad.stop_asked and idle < _IDLE_POLLS:
        try:
            if launchpad.run_exists(fworker) and launch_rocket(launchpad, fworker, strm_lvl="ERROR"):
                done, idle = done + 1, 0
                continue
            # FireWorks may have failed to write the end of a run while the database was away: this worker runs nothing
            # now, so whatever is still in its name is to be done again; its result is found at once.
            release_own(launchpad, results, myself())
            release_hulls(launchpad, results)
            idle = 0 if _work_ahead(launchpad, results) else idle + 1
        except (PyMongoError, RuntimeError) as error:
            _wait_for_database(launchpad, results, error)
            idle = 0
        time.sleep(POLL_S)
    return done


def _work_ahead(launchpad: "LaunchPad", results: "CampaignResults") -> bool:
    """Whether anything runs that may lead to work for this worker, or waits for it."""
    from workflows.store.store import Store

    if Store(launchpad.db).is_closed(results.entry):
        return False
    return launchpad.fireworks.find_one(fireworks_of(results.entry, *ACTIVE), {"_id": 1}) is not None


def _wait_for_database(launchpad: "LaunchPad", results: "CampaignResults", error: Exception) -> None:
    """Wait until the database is back, then give back what this worker was holding when it went away."""
    from workflows.recovery.launches import release_own
    from workflows.store.retry import retried

    sys.stderr.write(f"the database is away: {type(error).__name__}: {' '.join(str(error).split())[:300]}\n")
    retried(lambda: launchpad.db.command("ping"))()
    release_own(launchpad, results, myself())


def die_with(parent: int) -> None:
    """Have the system end this process when its parent ends, however that happens."""
    end_with_parent()
    if os.getppid() != parent:
        sys.exit(0)


def main(arguments: list[str]) -> int:
    """Run a worker with the arguments of :meth:`WorkerJob.arguments`."""
    launchpad_file, campaign, revision, parent = arguments
    die_with(int(parent))
    # Ctrl-C goes to the command in the terminal, which then ends its workers cleanly.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from workflows.database.launchpad_file import read_launchpad_file
    from workflows.launchpad.connection import connect
    from workflows.store.store import Store

    launchpad = connect(read_launchpad_file(Path(launchpad_file)))
    store = Store(launchpad.db)
    results = store.results(store.campaign(campaign, revision))
    work(launchpad, results)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
