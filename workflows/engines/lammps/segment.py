"""One MD segment with LAMMPS: attempts in numbered folders, joined at LAMMPS' restart files."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Structure

from ewald.files.atomic import write_atomic
from screening.trajectory.formats.lammps import DumpFrame
from workflows.engines.ase.stability import energy_drift, timestep_warning
from workflows.engines.engine import MDSegment, MDSegmentJob
from workflows.engines.errors import EngineError, FailureReason
from workflows.engines.lammps import inputs, outputs
from workflows.engines.lammps.launch import Launcher
from workflows.engines.lammps.settings import LammpsSettings
from workflows.engines.lammps.units import UNITS
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

#: Frames below which a drift of the energy says nothing.
_FEW_FRAMES = 20


class LammpsSegment:
    """The work of one segment.

    LAMMPS writes a restart file at every multiple of `checkpoint_steps` and goes on from it. A killed attempt counts up
    to the newest of them: frames after it are left out, and the next attempt computes them again, to the same bits.
    """

    def __init__(self, structure: Structure, job: MDSegmentJob, settings: LammpsSettings, energy_key: str) -> None:
        self.job = job
        self.settings = settings
        self.units = UNITS[settings.units]
        self.launcher = Launcher(settings)
        self.key = run_key(structure, job, energy_key, settings.masses_amu, settings.checkpoint_steps)
        self.structure = structure
        self.folder = job.folder / f"lammps-{job.index:04d}"
        self.state: bytes | None = None
        self.step = 0
        self.heat_eV = 0.0
        self.frames = no_frames(structure, job)

    def go(self) -> MDSegment:
        """Run, or return at once what is finished."""
        finished = finished_segment(self.job, self.key)
        if finished is not None:
            return finished
        self.cell = inputs.Cell(self.structure, self.settings)
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.job.index > 0:
            arrays = previous_state(self.job, self.key)
            self.state, self.step = arrays["restart"].tobytes(), int(arrays["state_step"])
            self.heat_eV = float(arrays["heat_eV"])
        first = self.step
        number = 0
        while (attempt := self.folder / f"attempt-{number:02d}").exists():
            self._take(attempt)
            number += 1
        ended = "complete"
        if self.step < first + self.job.steps:
            ended = self._run(attempt, first + self.job.steps)
            self._take(attempt)
        return self._close(first, ended)

    def _run(self, attempt: Path, end: int) -> str:
        """Run LAMMPS up to the end; return "complete" when it got there."""
        script = inputs.md_script(self.cell, self.job, first=self.step, end=end)
        attempt.mkdir()
        write_atomic(attempt / "key", self.key)
        if self.state is None:
            write_atomic(attempt / inputs.START, self.cell.data())
        else:
            write_atomic(attempt / inputs.START_STATE, self.state)
        with StopRequest(self.job.walltime_s) as stop:
            return ended_by(lambda: self.launcher.run(script, attempt, stop))

    def _take(self, attempt: Path) -> None:
        """Add an attempt's frames up to its newest restart file, from which the next one goes on."""
        check_attempt(attempt, self.key)
        newest = outputs.newest_state(attempt)
        if newest is None or newest[1] <= self.step:
            return
        path, reached = newest
        ions = len(self.structure)
        positions: dict[int, DumpFrame] = {}
        for frame in outputs.whole_frames(attempt / inputs.FRAMES, inputs.PLACES, ions):
            # A block writes the frame that ended the one before once more: the first counts.
            positions.setdefault(frame.step, frame)
        energies, heat_eV = self._energies(attempt)
        begin = self.step + 1 if self.state is not None else 0
        wanted = [step for step in range(begin, reached + 1) if step % self.job.frame_every == 0]
        if reached not in energies or any(step not in positions or step not in energies for step in wanted):
            return
        for step in wanted:
            places = self.cell.box.vectors(positions[step].values - positions[step].origin)
            self._check_sane(step, energies[step], places)
            self.frames.add(step, places, *energies[step])
        self.state, self.step, self.heat_eV = path.read_bytes(), reached, heat_eV[reached]

    def _energies(self, attempt: Path) -> tuple[dict[int, tuple[float, float, float]], dict[int, float]]:
        """Return temperature, potential and conserved energy by step, and the heat of a stochastic bath until then.

        The bath of every block counts its heat from zero, and each begins with the step that ended the one before.
        """
        text = outputs.log_of(attempt)
        found: dict[int, tuple[float, float, float]] = {}
        heat_eV, before = {self.step: self.heat_eV}, self.heat_eV
        renewed = self.job.thermostat == "langevin"
        for table in outputs.tables(text):
            before = heat_eV.get(int(table[0][0]), before) if renewed else 0.0
            for step, temperature, potential, total, bath in (row for row in table if len(row) == inputs.MD_COLUMNS):
                heat = before + bath * self.units.energy_eV
                heat_eV.setdefault(int(step), heat)
                found.setdefault(
                    int(step), (temperature, potential * self.units.energy_eV, total * self.units.energy_eV + heat)
                )
        return found, heat_eV

    def _check_sane(self, step: int, energies: tuple[float, float, float], positions_A: NDArray[np.float64]) -> None:
        if not (np.isfinite(energies).all() and np.isfinite(positions_A).all()):
            raise EngineError(FailureReason.NOT_A_NUMBER, f"an energy or position at step {step} is not a number")
        if exploded(energies[0], self.job):
            raise EngineError(
                FailureReason.EXPLODED,
                f"{energies[0]:.0f} K at step {step}",
                fix="use a smaller time step, or check the potential's short range",
            )

    def _close(self, first: int, ended: str) -> MDSegment:
        spent, warnings = self.launcher.core_seconds, self._drift()
        if self.step < first + self.job.steps:
            if ended == "complete":
                raise EngineError(FailureReason.TRUNCATED, f"LAMMPS ended before the last step; see {self.folder}")
            done = self.step - first
            return interrupt_segment(
                self.job, self.key, self.frames, done, ended=ended, core_seconds=spent, warnings=warnings
            )
        state = {
            "state_step": np.array(self.step),
            "heat_eV": np.array(self.heat_eV),
            "restart": np.frombuffer(self.state or b"", dtype=np.uint8),
        }
        return finish_segment(self.job, self.key, self.frames, state, core_seconds=spent, warnings=warnings)

    def _drift(self) -> list[str]:
        """Warn when the conserved energy drifts by more than a thermostat should have to take away."""
        steps = self.frames.step
        if len(steps) < _FEW_FRAMES:
            return []
        time_ps = np.array(steps) * self.job.timestep_fs / 1000
        drift = energy_drift(time_ps, np.array(self.frames.total_eV), len(self.structure))
        if not drift.exceeds(self.settings.max_drift_meV_atom_ps):
            return []
        seen = f"{drift.said}, limit {self.settings.max_drift_meV_atom_ps:g}"
        return [timestep_warning(self.job.timestep_fs, seen)]
