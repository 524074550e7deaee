"""Start LAMMPS, and tell its version."""

import re
import subprocess
from functools import lru_cache
from pathlib import Path

from ewald.errors import DependencyError
from ewald.files.atomic import write_atomic
from workflows.engines.errors import EngineError, FailureReason
from workflows.engines.lammps import inputs, outputs
from workflows.engines.lammps.settings import LammpsSettings
from workflows.engines.launcher import launched
from workflows.process.conversation import Conversation
from workflows.process.run_code import find_executable, run_code
from workflows.process.stop import StopRequest


class Launcher:
    """Starts one installation of LAMMPS and sums up the core seconds it took."""

    def __init__(self, settings: LammpsSettings) -> None:
        self.settings = settings
        self.core_seconds = 0.0

    @property
    def executable(self) -> str:
        """Absolute path of LAMMPS."""
        return find_executable(
            self.settings.executable, fix="install LAMMPS (Debian: apt install lammps) or set executable"
        )

    @property
    def version(self) -> str:
        """Version that the executable reports."""
        return _version(self.executable)

    def command(self, *arguments: str) -> list[str]:
        """Words of the command: launcher, executable, flags, arguments."""
        words = [self.executable, *self.settings.command_line_flags, "-nocite", *arguments]
        return launched(self.settings.launcher, words)

    def environment(self, folder: Path) -> dict[str, str]:
        """Variables of a run: threads; and none of LAMMPS' own potentials, whose names nobody sealed."""
        return {"OMP_NUM_THREADS": str(self.settings.threads), "LAMMPS_POTENTIALS": str(folder)}

    def run(self, script: str, folder: Path, stop: StopRequest) -> None:
        """Run a script in a folder.

        Raises
        ------
        EngineError
            When the run failed, or was stopped by its walltime or a signal; what it wrote stays.
        CampaignError, DependencyError
            When LAMMPS does not understand the potential.
        """
        command = self.command("-in", inputs.SCRIPT, "-log", inputs.LOG)
        write_atomic(folder / inputs.SCRIPT, script)
        ended = run_code(command, folder, log=inputs.OUTPUT, stop=stop, environment=self.environment(folder))
        self.core_seconds += ended.seconds * self.cores
        if ended.stopped is not None:
            reason = FailureReason.WALLTIME if ended.stopped == "walltime" else FailureReason.STOPPED
            raise EngineError(reason, f"LAMMPS was stopped in {folder}", fix="run again: it resumes")
        source = folder / inputs.OUTPUT
        text = source.read_text(encoding="utf-8", errors="replace")
        outputs.check_output(text, ranks=self.settings.ranks, source=source)

    def converse(self, folder: Path) -> Conversation:
        """Start LAMMPS so that it takes commands."""
        command = self.command("-log", inputs.LOG)
        return Conversation(command, folder, log=inputs.OUTPUT, environment=self.environment(folder))

    @property
    def cores(self) -> int:
        """Cores that a run takes."""
        return self.settings.ranks * self.settings.threads


@lru_cache(maxsize=8)
def _version(executable: str) -> str:
    try:
        answer = subprocess.run([executable, "-h"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DependencyError(f"LAMMPS does not start ({error})", value=executable) from error
    found = re.search(r"Massively Parallel Simulator - (.+)", answer.stdout)
    if found is None:
        raise DependencyError("does not answer -h like LAMMPS", value=executable, fix="correct executable")
    return found[1].strip()
