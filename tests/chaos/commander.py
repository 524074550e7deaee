"""`ionsieve run` as a process that can be killed and started again in milliseconds."""

import os
import signal
import sys
import traceback
from pathlib import Path


def run(path, workers, log):
    """Work on a campaign to its end, like `ionsieve run`; never returns."""
    code = 1
    try:
        os.setsid()
        descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        from workflows.cli.main import run_app

        # What it says and how it ends is decided where `ionsieve` decides it.
        run_app(lambda: _run(path, workers))
        code = 0
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    os._exit(code)


def _run(path, workers):
    from tests.chaos.zygote import ForkedWorkers, Zygote

    zygote = Zygote()

    from screening.record.record_file import write_record
    from workflows.operations.record_builder import build_record
    from workflows.operations.session import session
    from workflows.operations.submit import submit
    from workflows.workers.local_run import LocalRun
    from workflows.workers.worker import WorkerJob

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with session(str(path), keep_server=True, new=True) as opened:
        results = submit(opened.file, opened.launchpad).results
        job = WorkerJob(Path(opened.launchpad_file), results.entry.name, results.entry.revision, zygote.pid)
        team = ForkedWorkers(job, count=workers, threads=1, logs=opened.file.folder / "logs")
        team.zygote = zygote
        LocalRun(opened.launchpad, results, team).until_done()
        write_record(build_record(results), opened.file.folder / "record.json")
