"""What others run beside the command: queue jobs and login-node workers, a colleague's release, recovery, a rerun.

Each is a function for a process of the storm's context, which has everything imported.
"""

import os
import signal
import sys
import time
import traceback

ANOTHER_RELEASE = "another-release"
JOB_S = 2


def rlaunch(folder, log, mode):
    """Be `ionsieve rlaunch`.

    Parameters
    ----------
    folder
        The campaign's.
    log
        File for everything that is said.
    mode
        "" for FireWorks' usual loop; "job" for one in a queue job that ends in two seconds; "release" for one of
        another release of IonSieve; "multi" for two processes on one node.
    """

    def run():
        from workflows.launchpad.commands import run_command

        words = ["-l", str(folder / "my_launchpad.yaml"), "-s"]
        if mode == "job":
            os.environ |= {"IONSIEVE_STOP_EARLY_S": "0", "IONSIEVE_JOB_END": str(int(time.time()) + JOB_S)}
        if mode == "release":
            _be_another_release()
            fworker = log.parent / f"{ANOTHER_RELEASE}.yaml"
            fworker.write_text(f'name: {ANOTHER_RELEASE}\ncategory: ""\nquery: "{{}}"\n')
            words += ["-w", str(fworker)]
        loop = ["multi", "2"] if mode == "multi" else ["rapidfire"]
        run_command("rlaunch", [*words, *loop, "--timeout", "60"])

    _be(run, log)


def recovery(folder, log):
    """Be somebody who gives `ionsieve recover` again and again."""

    def run():
        from workflows.recovery.recover import recover

        launchpad, results = _open(folder)
        while True:
            recover(launchpad, results, count_losses=False, grace_s=2.0)

    _be(run, log)


def rerun(folder, log, number):
    """Be somebody who has finished work done again, with `ionsieve lpad rerun_fws`."""

    def run():
        from workflows.launchpad.commands import run_command

        launchpad, _ = _open(folder)
        stages = {"$in": ["ewald", "relax", "short_md", "long_md"]}
        done = launchpad.fireworks.find({"state": "COMPLETED", "spec.stage": stages}, {"fw_id": 1}).sort("fw_id", 1)
        ids = [row["fw_id"] for row in done]
        if ids:
            file = str(folder / "my_launchpad.yaml")
            run_command("lpad", ["-l", file, "rerun_fws", "-i", str(ids[number % len(ids)])])

    _be(run, log)


def _open(folder):
    from workflows.database.launchpad_file import read_launchpad_file
    from workflows.launchpad import connect
    from workflows.store import Store

    launchpad = connect(read_launchpad_file(folder / "my_launchpad.yaml"))
    store = Store(launchpad.db)
    return launchpad, store.results(store.campaign("storm", store.revisions("storm")[0]))


def _be_another_release():
    from workflows.store import store

    store.__version__ = "99.0.0"


def _be(run, log):
    """Do it as a command of `ionsieve` does; never returns."""
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        os.chdir(log.parent)
        from workflows.cli.main import run_app

        run_app(run)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    os._exit(code)
