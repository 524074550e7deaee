"""Start CP2K, and meet SCF failures with gentler mixing."""

import subprocess
from functools import lru_cache
from pathlib import Path

from pymatgen.core import Structure

from ewald.errors import DependencyError
from ewald.files.atomic import write_atomic
from workflows.engines.cp2k import inputs, outputs
from workflows.engines.cp2k.settings import Cp2kSettings
from workflows.engines.errors import EngineError, FailureReason
from workflows.engines.launcher import launched
from workflows.process.run_code import CodeRun, find_executable, run_code
from workflows.process.stop import StopRequest

#: CP2K stops by itself at its walltime; it is ended this much later when it does not.
WALLTIME_GRACE_s = 120.0


class Launcher:
    """Starts one installation of CP2K and sums up the core seconds it took."""

    def __init__(self, settings: Cp2kSettings) -> None:
        self.settings = settings
        self.core_seconds = 0.0

    @property
    def executable(self) -> str:
        """Absolute path of CP2K."""
        return find_executable(
            self.settings.executable, fix="install CP2K (Debian: apt install cp2k cp2k-data) or set executable"
        )

    @property
    def version(self) -> str:
        """Version that the executable reports."""
        return _version(self.executable)

    @property
    def command(self) -> list[str]:
        """Words of the command: launcher, executable, arguments."""
        return launched(self.settings.launcher, [self.executable, "-i", inputs.INPUT_FILE, "-o", "run.out"])

    def run(self, text: str, folder: Path, stop: StopRequest) -> CodeRun:
        """Run one input in a folder.

        Raises
        ------
        EngineError
            When the run was stopped by its walltime or a signal; what it wrote stays.
        """
        command = self.command
        write_atomic(folder / inputs.INPUT_FILE, text)
        threads = str(self.settings.threads)
        environment = {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        ended = run_code(command, folder, log="run.log", stop=stop, environment=environment)
        self.core_seconds += ended.seconds * self.settings.ranks * self.settings.threads
        if ended.stopped is not None:
            reason = FailureReason.WALLTIME if ended.stopped == "walltime" else FailureReason.STOPPED
            raise EngineError(reason, f"CP2K was stopped in {folder}", fix="run again: it resumes from the last step")
        return ended

    def single_point(self, structure: Structure, folder: Path, stop: StopRequest) -> outputs.SinglePoint:
        """Compute energy, forces and stress of a structure."""
        folder.mkdir(parents=True, exist_ok=True)
        for recovery in range(len(inputs.RECOVERY)):
            evaluation = inputs.force_evaluation(structure, self.settings, recovery)
            self.run(inputs.document("ENERGY_FORCE", None, evaluation), folder, stop)
            file = folder / "run.out"
            text = file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
            try:
                outputs.check_output(text, ranks=self.settings.ranks, source=file)
            except EngineError as error:
                if error.reason is not FailureReason.SCF or recovery + 1 == len(inputs.RECOVERY):
                    raise
                continue
            return outputs.read_single_point(text, len(structure), source=file)
        raise EngineError(FailureReason.SCF, f"no attempt was made in {folder}")


@lru_cache(maxsize=8)
def _version(executable: str) -> str:
    try:
        answer = subprocess.run([executable, "--version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DependencyError(f"CP2K does not start ({error})", value=executable) from error
    for line in answer.stdout.splitlines():
        if "CP2K version" in line:
            return line.split("version")[1].strip()
    raise DependencyError("does not answer --version like CP2K", value=executable, fix="correct executable")
