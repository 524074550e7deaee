"""Workers of the race test: real launchpad, real loop, a task that only leaves a mark.

With a number of processes, they are packed as `rlaunch multi` packs them.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

from fireworks import FiretaskBase, FWAction, FWorker, explicit_serialize
from fireworks.core.rocket_launcher import launch_rocket

from workflows.launchpad.packing import launch_packed


@explicit_serialize
class MarkTask(FiretaskBase):
    """Append a line to the file of this Firework; two runs of one Firework leave two lines."""

    def run_task(self, fw_spec):
        with (Path(fw_spec["folder"]) / str(fw_spec["number"])).open("a") as stream:
            stream.write(f"{os.getpid()}\n")
        return FWAction()


def allow_marks():
    from workflows.launchpad import guard

    guard.ALLOWED_TASKS = guard.ALLOWED_TASKS | {MarkTask()._fw_name}


def main(launchpad_file, processes=None):
    from workflows.database.launchpad_file import read_launchpad_file
    from workflows.launchpad import connect
    from workflows.process.owner import myself

    allow_marks()
    launchpad = connect(read_launchpad_file(Path(launchpad_file)))
    fworker = FWorker(name=myself().name)
    started = time.process_time()
    if processes is None:
        single(launchpad, fworker)
        spent = time.process_time()
    else:
        launch_packed(launchpad, fworker, "ERROR", 0, int(processes), 0.1)
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = started + children.ru_utime + children.ru_stime
    Path(f"cpu-{os.getpid()}.json").write_text(json.dumps([started, spent]))


def single(launchpad, fworker):
    idle = 0
    while idle < 4:
        if launchpad.run_exists(fworker) and launch_rocket(launchpad, fworker, strm_lvl="ERROR"):
            idle = 0
        else:
            idle += 1
            time.sleep(0.1)


# Under its importable name, so that the task's class is one and the same for writer and reader.
if __name__ == "__mp_main__":
    # A process of `multi` begins by importing what the first one was.
    from tests.workflows import race_worker

    race_worker.allow_marks()

if __name__ == "__main__":
    from tests.workflows import race_worker

    race_worker.main(*sys.argv[1:])
