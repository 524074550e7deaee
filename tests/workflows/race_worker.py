"""A worker of the race test: real launchpad, real loop, a task that only leaves a mark."""

import json
import os
import sys
import time
from pathlib import Path

from fireworks import FiretaskBase, FWAction, FWorker, explicit_serialize
from fireworks.core.rocket_launcher import launch_rocket


@explicit_serialize
class MarkTask(FiretaskBase):
    """Append a line to the file of this Firework; two runs of one Firework leave two lines."""

    def run_task(self, fw_spec):
        with (Path(fw_spec["folder"]) / str(fw_spec["number"])).open("a") as stream:
            stream.write(f"{os.getpid()}\n")
        return FWAction()


def main(launchpad_file):
    from workflows.database.launchpad_file import read_launchpad_file
    from workflows.launchpad import connect, guard
    from workflows.process.owner import myself

    guard.ALLOWED_TASKS = guard.ALLOWED_TASKS | {MarkTask()._fw_name}
    launchpad = connect(read_launchpad_file(Path(launchpad_file)))
    fworker = FWorker(name=myself().name)
    idle, started = 0, time.process_time()
    while idle < 4:
        if launchpad.run_exists(fworker) and launch_rocket(launchpad, fworker, strm_lvl="ERROR"):
            idle = 0
        else:
            idle += 1
            time.sleep(0.1)
    Path(f"cpu-{os.getpid()}.json").write_text(json.dumps([started, time.process_time()]))


if __name__ == "__main__":
    # Under its importable name, so that the task's class is one and the same for writer and reader.
    from tests.workflows import race_worker

    race_worker.main(sys.argv[1])
