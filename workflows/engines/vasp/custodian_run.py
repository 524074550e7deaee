"""Run VASP under custodian in a process of its own: `python -m workflows.engines.vasp.custodian_run FOLDER`.

custodian watches the output and fixes known errors. It runs in this separate process so that the engine can end
all of it as one: on SIGTERM this process ends VASP's process group and itself.
"""

import json
import signal
import subprocess
import sys
import traceback
from pathlib import Path
from types import FrameType
from typing import Any

from custodian.custodian import Custodian
from custodian.vasp import handlers
from custodian.vasp.jobs import VaspJob

from ewald.files.atomic import write_atomic
from workflows.engines.errors import EngineError
from workflows.engines.vasp import outputs
from workflows.process.run_code import end_group, end_with_parent

PLAN_FILE = "custodian.json"
OUTCOME_FILE = "corrections.json"


class GroupedVaspJob(VaspJob):
    """VASP in a process group of its own, ended as a whole."""

    process: subprocess.Popen[bytes] | None = None

    def run(self, directory: str = "./") -> subprocess.Popen[bytes]:
        """Start VASP in the folder."""
        folder = Path(directory)
        with (folder / self.output_file).open("wb") as output, (folder / self.stderr_file).open("wb") as errors:
            self.process = subprocess.Popen(
                list(self.vasp_cmd),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - only one system call, no lock is taken
            )
        return self.process

    def terminate(self, directory: str = "./") -> None:  # noqa: ARG002 - custodian's signature
        """End VASP and everything it started."""
        if self.process is not None:
            end_group(self.process, grace_s=5.0)


class UnconvergedScfHandler(handlers.UnconvergedErrorHandler):
    """Fixes electronic steps that did not converge; a relaxation at its step limit is left to the engine.

    custodian's handler starts such a relaxation again and again, beyond the steps that the campaign allows.
    """

    def check(self, directory: str = "./") -> bool:
        """Tell whether the last SCF did not converge."""
        try:
            return not outputs.read_result(Path(directory)).scf_converged
        except EngineError:
            return False


def _chosen_handlers(plan: dict[str, Any]) -> list[Any]:
    """Return the handlers of a relaxation or of MD."""
    chosen = [
        handlers.VaspErrorHandler(),
        handlers.StdErrHandler(),
        handlers.FrozenJobErrorHandler(timeout=plan["frozen_s"]),
        handlers.NonConvergingErrorHandler(),
        handlers.PotimErrorHandler(),
        handlers.PositiveEnergyErrorHandler(),
    ]
    if not plan["md"]:
        chosen.append(UnconvergedScfHandler())
    if plan["walltime_s"]:
        chosen.append(handlers.WalltimeHandler(wall_time=plan["walltime_s"], buffer_time=plan["walltime_s"] * 0.1))
    return chosen


def main(folder: Path) -> int:
    """Run VASP as the plan in the folder says, and write how it ended."""
    plan = json.loads((folder / PLAN_FILE).read_bytes())
    job = GroupedVaspJob(plan["command"], gamma_vasp_cmd=plan["gamma_command"], backup=False)

    def end(_number: int, _frame: FrameType | None) -> None:
        job.terminate()
        sys.exit(128 + signal.SIGTERM)

    signal.signal(signal.SIGTERM, end)
    runner = Custodian(
        _chosen_handlers(plan),
        [job],
        max_errors=plan["max_errors"],
        polling_time_step=plan["check_every_s"],
        monitor_freq=1,
        directory=str(folder),
    )
    try:
        runner.run()
    except Exception as error:
        write_atomic(folder / OUTCOME_FILE, json.dumps({"error": f"{type(error).__name__}: {error}"}))
        traceback.print_exc()
        return 1
    corrections = [fix for run in runner.run_log for fix in run["corrections"]]
    names = [str(error) for fix in corrections for error in fix.get("errors", [])]
    write_atomic(folder / OUTCOME_FILE, json.dumps({"error": None, "corrected": names}))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
