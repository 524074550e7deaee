"""One MD segment with CP2K: attempts in numbered folders, joined at CP2K's restart files."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Structure

from ewald.files.atomic import write_atomic
from screening.trajectory.segment_file import FrameList
from workflows.engines.cp2k import inputs, outputs
from workflows.engines.cp2k.launch import Launcher, WALLTIME_GRACE_s
from workflows.engines.cp2k.settings import Cp2kSettings
from workflows.engines.engine import MDSegment, MDSegmentJob
from workflows.engines.errors import EngineError, FailureReason
from workflows.engines.launcher import ended_by
from workflows.engines.segment_record import (
    check_attempt,
    exploded,
    finish_segment,
    finished_segment,
    interrupt_segment,
    no_frames,
    previous_state,
    run_key,
)
from workflows.process.stop import StopRequest


class Cp2kSegment:
    """The work of one segment.

    CP2K writes its restart file at every step. A killed attempt counts up to the step of its newest whole restart
    file: frames after it are left out, and the next attempt computes them again.
    """

    def __init__(self, structure: Structure, job: MDSegmentJob, settings: Cp2kSettings, energy_key: str) -> None:
        self.structure = structure
        self.job = job
        self.settings = settings
        self.launcher = Launcher(settings)
        self.key = run_key(structure, job, energy_key)
        self.folder = job.folder / f"cp2k-{job.index:04d}"
        self.frames: dict[int, tuple[NDArray[np.float64], tuple[float, float, float]]] = {}
        self.recovery = 0

    def go(self) -> MDSegment:
        """Run, or return at once what is finished."""
        finished = finished_segment(self.job, self.key)
        if finished is not None:
            return finished
        self.folder.mkdir(parents=True, exist_ok=True)
        restart, first = self._start()
        end = first + self.job.steps
        step, number, ended = first, 0, "complete"
        limit = None if self.job.walltime_s is None else self.job.walltime_s + WALLTIME_GRACE_s
        with StopRequest(limit) as stop:
            while step < end:
                attempt = self.folder / f"attempt-{number:02d}"
                number += 1
                fresh = not attempt.exists()
                if fresh:
                    left = None if self.job.walltime_s is None else self.job.walltime_s - stop.elapsed_s
                    if stop.reason or (left is not None and left <= 0):
                        ended = stop.reason or "walltime"
                        break
                    ended = self._run(attempt, restart, end - step, left, stop)
                restart, step = self._take(attempt, restart, step)
                if fresh and ended == "complete" and step < end:
                    ended = self._why_short(attempt, left)
                if fresh and ended != "complete":
                    break
        return self._close(restart, first, step, ended)

    def _start(self) -> tuple[bytes | None, int]:
        """Return the restart file (None for a fresh run) and step that this segment begins with."""
        if self.job.index == 0:
            return None, 0
        arrays = previous_state(self.job, self.key)
        return arrays["restart"].tobytes(), int(arrays["state_step"])

    def _run(
        self, attempt: Path, restart: bytes | None, steps: int, walltime_s: float | None, stop: StopRequest
    ) -> str:
        """Run CP2K once; return "complete" when it ended by itself."""
        text = inputs.md_document(
            self.structure,
            self.job,
            self.settings,
            attempt=self.recovery,
            steps=steps,
            restart=restart is not None,
            walltime_s=walltime_s,
        )
        attempt.mkdir()
        write_atomic(attempt / "key", self.key)
        if restart is not None:
            write_atomic(attempt / inputs.RESTART_FILE, restart)
        return ended_by(lambda: self.launcher.run(text, attempt, stop))

    def _take(self, attempt: Path, restart: bytes | None, step: int) -> tuple[bytes | None, int]:
        """Add an attempt's frames; return where the next one goes on."""
        check_attempt(attempt, self.key)
        output = attempt / "run.out"
        text = output.read_text(encoding="utf-8", errors="replace") if output.exists() else ""
        if "SCF run NOT converged" in text:
            self.recovery += 1
            if self.recovery == len(inputs.RECOVERY):
                raise EngineError(FailureReason.SCF, f"SCF cycles did not converge during MD; see {output}")
            return restart, step
        newest = outputs.newest_restart(attempt)
        if newest is None or newest[1] <= step:
            return restart, step
        path, reached = newest
        positions = outputs.read_frames(attempt / f"{inputs.PROJECT}-pos-1.xyz", len(self.structure))
        energies = outputs.read_energies(attempt / f"{inputs.PROJECT}-1.ener")
        every = self.job.frame_every
        first = 0 if restart is None else step + 1
        wanted = [number for number in range(first, reached + 1) if number % every == 0]
        if any(number not in positions or number not in energies for number in wanted):
            return restart, step
        for number in wanted:
            self._check_sane(number, energies[number])
            self.frames[number] = (positions[number], energies[number])
        return path.read_bytes(), reached

    def _check_sane(self, step: int, energies: tuple[float, float, float]) -> None:
        if not np.isfinite(energies).all():
            raise EngineError(FailureReason.NOT_A_NUMBER, f"the energy at step {step} is not a number")
        if exploded(energies[0], self.job):
            raise EngineError(
                FailureReason.EXPLODED,
                f"{energies[0]:.0f} K at step {step}",
                fix="use a smaller time step, or check the pseudopotentials' convergence",
            )

    def _why_short(self, attempt: Path, left_s: float | None) -> str:
        """Say why CP2K ended by itself before the last step; anything but its walltime or the SCF is an error."""
        output = attempt / "run.out"
        text = output.read_text(encoding="utf-8", errors="replace") if output.exists() else ""
        try:
            outputs.check_output(text, ranks=self.settings.ranks, source=output)
        except EngineError as error:
            if error.reason is FailureReason.SCF:
                return "complete"
            raise
        if left_s is None:
            raise EngineError(FailureReason.TRUNCATED, f"CP2K ended before the last step; see {output}")
        return "walltime"

    def _close(self, restart: bytes | None, first: int, step: int, ended: str) -> MDSegment:
        frames, spent = self._frame_list(), self.launcher.core_seconds
        if step < first + self.job.steps:
            done = step - first
            return interrupt_segment(self.job, self.key, frames, done, ended=ended, core_seconds=spent, warnings=[])
        state = {"state_step": np.array(step), "restart": np.frombuffer(restart or b"", dtype=np.uint8)}
        return finish_segment(self.job, self.key, frames, state, core_seconds=spent, warnings=[])

    def _frame_list(self) -> FrameList:
        frames = no_frames(self.structure, self.job)
        for step in sorted(self.frames):
            positions, (temperature, potential, total) = self.frames[step]
            frames.add(step, positions, temperature, potential, total)
        return frames
