"""One MD segment with VASP: attempts in numbered folders, joined at CONTCAR.

VASP writes wrapped positions; they are unwrapped by the nearest image from step to step. CONTCAR carries positions
and velocities but not the thermostat's variables, which start from zero in every attempt.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Structure

from ewald.files.atomic import write_atomic
from workflows.engines.engine import MDSegment, MDSegmentJob
from workflows.engines.errors import EngineError, FailureReason
from workflows.engines.segment_record import (
    check_attempt,
    finish_segment,
    finished_segment,
    interrupt_segment,
    no_frames,
    previous_state,
    run_key,
)
from workflows.engines.vasp import inputs, outputs
from workflows.engines.vasp.launch import Launcher
from workflows.process.stop import StopRequest

WALLTIME_GRACE_s = 300.0


class VaspSegment:
    """The work of one segment."""

    def __init__(self, structure: Structure, job: MDSegmentJob, launcher: Launcher, energy_key: str) -> None:
        self.structure = structure
        self.order = inputs.grouped_order(structure)
        self.job = job
        self.launcher = launcher
        self.spent_before = launcher.core_seconds
        settings = launcher.settings
        self.key = run_key(structure, job, energy_key, settings.md_incar, settings.md_encut_eV)
        self.folder = job.folder / f"vasp-{job.index:04d}"
        self.poscar: str | None = None
        self.covered = -1
        self.place: NDArray[np.float64] = np.array([structure[ion].frac_coords for ion in self.order])
        self.frames = no_frames(structure, job)

    def go(self) -> MDSegment:
        """Run, or return at once what is finished."""
        finished = finished_segment(self.job, self.key)
        if finished is not None:
            return finished
        self.folder.mkdir(parents=True, exist_ok=True)
        step = self._start()
        begin = self.covered
        end = max(begin, 0) + self.job.steps
        number, ended = 0, "complete"
        limit = None if self.job.walltime_s is None else self.job.walltime_s + WALLTIME_GRACE_s
        with StopRequest(limit) as stop:
            while self.covered < end and ended == "complete":
                attempt = self.folder / f"attempt-{number:02d}"
                number += 1
                fresh, before = not attempt.exists(), self.covered
                if fresh:
                    left = None if self.job.walltime_s is None else self.job.walltime_s - stop.elapsed_s
                    if stop.reason or (left is not None and left <= 0):
                        ended = stop.reason or "walltime"
                        break
                    # A run of n steps computes the forces of n configurations, the first one its start.
                    ended = self._run(attempt, end - step + 1, left, stop)
                step = self._take(attempt, step)
                if fresh and ended == "complete" and self.covered < end:
                    if left is None and self.covered == before:
                        raise EngineError(FailureReason.TRUNCATED, f"VASP made no step in {attempt}")
                    ended = "complete" if left is None else "walltime"
        return self._close(step, max(begin, 0), end, ended)

    @property
    def _core_seconds(self) -> float:
        return self.launcher.core_seconds - self.spent_before

    def _start(self) -> int:
        """Return the first step; a later segment takes up the last CONTCAR of the one before."""
        if self.job.index == 0:
            return 0
        arrays = previous_state(self.job, self.key)
        self.poscar = str(arrays["poscar"])
        self.place = arrays["place"].copy()
        self.covered = int(arrays["covered"])
        return int(arrays["state_step"])

    def _run(self, attempt: Path, steps: int, walltime_s: float | None, stop: StopRequest) -> str:
        attempt.mkdir()
        ordered = Structure.from_sites([self.structure[ion] for ion in self.order])
        inputs.write_md(ordered, self.job, self.launcher.settings, attempt, steps=steps)
        if self.poscar is not None:
            write_atomic(attempt / "POSCAR", self.poscar)
        write_atomic(attempt / "key", self.key)
        return self.launcher.run(attempt, stop, md=True, walltime_s=walltime_s) or "complete"

    def _take(self, attempt: Path, step: int) -> int:
        """Add an attempt's frames up to its CONTCAR; return the step of CONTCAR's positions."""
        check_attempt(attempt, self.key)
        configurations = outputs.read_configurations(attempt, len(self.structure))
        energies = outputs.read_energies(attempt)
        found = outputs.continuation(attempt, configurations)
        if found is None or found[1] == 0 or len(energies) < found[1]:
            return step
        self.poscar, done = found
        for number in range(min(done + 1, len(configurations), len(energies))):
            if step + number > self.covered:
                self._unwrap(configurations[number])
                self._add(step + number, energies[number])
                self.covered = step + number
        return step + done

    def _unwrap(self, fractional: NDArray[np.float64]) -> None:
        difference = fractional - self.place
        self.place = self.place + difference - np.round(difference)

    def _add(self, step: int, energies: tuple[float, float, float]) -> None:
        if not np.isfinite(energies).all():
            raise EngineError(FailureReason.NOT_A_NUMBER, f"the energy at step {step} is not a number")
        if step % self.job.frame_every:
            return
        positions: NDArray[np.float64] = np.empty((len(self.structure), 3))
        positions[self.order] = self.place @ self.structure.lattice.matrix
        temperature, potential, total = energies
        self.frames.add(step, positions, temperature, potential, total)

    def _close(self, step: int, begin: int, end: int, ended: str) -> MDSegment:
        spent = self._core_seconds
        if self.covered < end:
            done = self.covered - begin
            return interrupt_segment(
                self.job, self.key, self.frames, done, ended=ended, core_seconds=spent, warnings=[]
            )
        state = {
            "state_step": np.array(step),
            "covered": np.array(self.covered),
            "poscar": np.array(self.poscar),
            "place": self.place,
        }
        return finish_segment(self.job, self.key, self.frames, state, core_seconds=spent, warnings=[])
