"""Start VASP under custodian, which corrects the errors that it knows."""

import json
import sys
from pathlib import Path

from ewald.errors import CampaignError, DependencyError
from ewald.files.atomic import write_atomic
from workflows.engines.errors import EngineError, FailureReason
from workflows.engines.vasp.settings import VaspSettings
from workflows.process.run_code import find_executable, run_code
from workflows.process.stop import StopRequest


class Launcher:
    """Starts one installation of VASP and sums up the core seconds it took."""

    def __init__(self, settings: VaspSettings) -> None:
        self.settings = settings
        self.core_seconds = 0.0

    def run(self, folder: Path, stop: StopRequest, *, md: bool, walltime_s: float | None = None) -> str | None:
        """Run VASP under custodian in a folder; return why it was stopped, or None when it ended by itself.

        Raises
        ------
        EngineError
            When custodian could not fix an error.
        """
        plan = {
            "command": _command(self.settings.command),
            "gamma_command": _command(self.settings.gamma_command) if self.settings.gamma_command else None,
            "md": md,
            "walltime_s": walltime_s,
            "max_errors": self.settings.max_errors,
            "check_every_s": self.settings.check_every_s,
            "frozen_s": 6 * 3600,
        }
        write_atomic(folder / "custodian.json", json.dumps(plan))
        root = str(Path(__file__).resolve().parents[3])
        command = [sys.executable, "-m", "workflows.engines.vasp.custodian_run", str(folder)]
        environment = {"PYTHONPATH": root, "OMP_NUM_THREADS": "1"}
        ended = run_code(command, folder, log="custodian.log", stop=stop, environment=environment)
        self.core_seconds += ended.seconds * self.settings.cores
        if ended.stopped is not None:
            return ended.stopped
        outcome = _outcome(folder)
        if outcome is None or outcome["error"]:
            raise _failure(folder, str(outcome["error"]) if outcome else "custodian left no record")
        return None


def _command(words: tuple[str, ...]) -> list[str]:
    if not Path(words[0]).is_absolute():
        raise CampaignError("the command's first word must be an absolute path", field="command", value=words[0])
    find_executable(words[0], fix="correct command in the VASP preset")
    return list(words)


def _outcome(folder: Path) -> dict[str, object] | None:
    try:
        return dict(json.loads((folder / "corrections.json").read_bytes()))
    except (FileNotFoundError, ValueError):
        return None


def _failure(folder: Path, error: str) -> Exception:
    """Sort what custodian gave up on."""
    log = (folder / "vasp.out").read_text(errors="replace")[-4000:] if (folder / "vasp.out").exists() else ""
    if "license" in log.lower() or "error while loading shared libraries" in log:
        return DependencyError(f"VASP does not start: {log.strip()[-200:]}", file=folder / "vasp.out")
    reason = FailureReason.SCF if "unconverged" in error.lower() else FailureReason.CRASHED
    return EngineError(reason, f"custodian gave up in {folder}: {error[:300]}")
