"""One MD segment with an ASE calculator: from a state to the next, killed and continued at will."""

import json
import logging
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Structure

from ewald.errors import CheckpointError
from ewald.files.checksum import file_sha256
from screening.trajectory.segment_file import FrameList, partial_path
from workflows.engines.ase import inputs, outputs
from workflows.engines.ase.dynamics import Dynamics, State, initial_state
from workflows.engines.ase.settings import AseSettings
from workflows.engines.ase.stability import timestep_warning, trial
from workflows.engines.checkpoint import read_arrays, write_arrays
from workflows.engines.engine import MDSegment, MDSegmentJob
from workflows.engines.errors import EngineError, FailureReason
from workflows.engines.segment_record import (
    check_key,
    exploded,
    finish_segment,
    finished_segment,
    no_frames,
    previous_state,
    run_key,
    summarise,
)
from workflows.process.stop import StopRequest

LOG = logging.getLogger(__name__)
#: A longer step is an explosion.
_MAX_STEP_A = 1.0


class SegmentRun:
    """The work of one segment.

    The intermediate checkpoint holds the state and the frames so far in one file, so that neither can be ahead of
    the other: no frame is stored twice or lost. A finished segment is written in the order end state, trajectory,
    record, and only then is the intermediate checkpoint removed; a kill between two of them repeats at most the
    steps since the last checkpoint, with the same result.
    """

    def __init__(self, structure: Structure, job: MDSegmentJob, settings: AseSettings, energy_key: str) -> None:
        self.structure = structure
        self.job = job
        self.settings = settings
        self.key = run_key(structure, job, energy_key, settings.masses_amu)
        self.warnings: list[str] = []
        self.core_seconds_before = 0.0

    def go(self) -> MDSegment:
        """Run, or return at once what is finished."""
        finished = finished_segment(self.job, self.key)
        if finished is not None:
            return finished
        self.job.folder.mkdir(parents=True, exist_ok=True)
        self._atoms = inputs.build_atoms(self.structure, self.settings, self.job.folder, stress=False)
        self._moving = outputs.MovingAtoms(self._atoms)
        start_s = inputs.core_seconds(self._atoms)
        self._dynamics = Dynamics(
            forces=self._forces,
            masses_amu=inputs.md_masses_amu(self._atoms, self.settings),
            timestep_fs=self.job.timestep_fs,
            temperature_K=self.job.temperature_K,
            thermostat=self.job.thermostat,
            thermostat_time_fs=self.job.thermostat_time_fs,
        )
        with StopRequest(self.job.walltime_s) as stop:
            state, frames, first = self._start()
            ended = self._advance(state, frames, first + self.job.steps, stop, start_s)
        if ended != "complete":
            self._save(state, frames, first, start_s)
            path = partial_path(self.job.folder, self.job.index)
            return summarise(
                self.job,
                frames,
                state.step - first,
                path=path,
                sha256=file_sha256(path),
                ended=ended,
                core_seconds=self._core_seconds(start_s),
                warnings=self.warnings,
            )
        return self._finish(state, frames, start_s)

    def _forces(self, positions_A: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Energy and forces; the tiny net force of a single-precision potential is taken off."""
        energy, forces = self._moving.evaluate(positions_A)
        return energy, forces - forces.mean(axis=0)

    def _start(self) -> tuple[State, FrameList, int]:
        """Return the state to go on from, the frames so far, and the step at which this segment began."""
        partial = self._read_partial()
        if partial is not None:
            self.warnings = json.loads(str(partial["warnings"]))
            self.core_seconds_before = float(partial["core_seconds"])
            return State.from_arrays(partial), FrameList.from_arrays(partial), int(partial["first_step"])
        frames = no_frames(self.structure, self.job)
        if self.job.index > 0:
            state = State.from_arrays(previous_state(self.job, self.key))
            return state, frames, state.step
        self._try_timestep()
        state = self._fresh_state(self.job.temperature_K)
        self._store(state, frames)
        return state, frames, 0

    def _fresh_state(self, temperature_K: float) -> State:
        return initial_state(
            np.array(self.structure.cart_coords),
            self._dynamics.masses_amu,
            temperature_K,
            self.job.seed,
            self._forces,
        )

    def _read_partial(self) -> dict[str, NDArray[Any]] | None:
        """Read the intermediate checkpoint; a damaged one is left aside, and the segment starts anew."""
        path = partial_path(self.job.folder, self.job.index)
        if not path.exists():
            return None
        try:
            partial = read_arrays(path)
        except CheckpointError as error:
            LOG.warning("%s; segment %d starts again from the end of the one before", error, self.job.index)
            path.replace(path.with_suffix(".damaged"))
            return None
        check_key(str(partial["key"]), self.key, path)
        return partial

    def _advance(self, state: State, frames: FrameList, end: int, stop: StopRequest, start_s: float) -> str:
        """Step until the end or until asked to stop; return why it ended."""
        saved_s = time.monotonic()
        while state.step < end:
            if stop.reason is not None:
                return stop.reason
            before = state.positions_A.copy()
            self._dynamics.advance(state)
            self._check_sane(state, before)
            if state.step % self.job.frame_every == 0:
                self._store(state, frames)
            if time.monotonic() - saved_s >= self.settings.checkpoint_every_s and state.step < end:
                self._save(state, frames, end - self.job.steps, start_s)
                saved_s = time.monotonic()
        return "complete"

    def _check_sane(self, state: State, before: NDArray[np.float64]) -> None:
        longest = float(np.abs(state.positions_A - before).max())
        temperature = self._dynamics.temperature_K_of(state)
        if longest < _MAX_STEP_A and not exploded(temperature, self.job):
            return
        raise EngineError(
            FailureReason.EXPLODED,
            f"at step {state.step} an ion moved {longest:.2g} A in one step at {temperature:.0f} K",
            fix=f"use a time step below {self.job.timestep_fs:g} fs, or heavier light ions (masses_amu)",
        )

    def _store(self, state: State, frames: FrameList) -> None:
        frames.add(
            state.step,
            state.positions_A,
            self._dynamics.temperature_K_of(state),
            state.potential_eV,
            self._dynamics.conserved_eV(state),
        )

    def _save(self, state: State, frames: FrameList, first: int, start_s: float) -> None:
        arrays = {
            **frames.arrays(),
            **state.arrays(),
            "key": np.array(self.key),
            "first_step": np.array(first),
            "warnings": np.array(json.dumps(self.warnings)),
            "core_seconds": np.array(self._core_seconds(start_s)),
        }
        write_arrays(partial_path(self.job.folder, self.job.index), arrays)

    def _try_timestep(self) -> None:
        """Warn when energy is not conserved at this time step, see :mod:`workflows.engines.ase.stability`."""
        settings = self.settings
        if self.job.timestep_fs < settings.stability_from_fs or settings.stability_steps < 10:
            return
        try:
            drift = trial(
                self._dynamics,
                # A crystal at rest takes up half of the kinetic energy as potential energy.
                self._fresh_state(2 * self.job.temperature_K),
                settle_steps=settings.stability_settle_steps,
                steps=settings.stability_steps,
                check=self._check_sane,
            )
        except EngineError as error:
            if error.reason is not FailureReason.EXPLODED:
                raise
            self.warnings.append(timestep_warning(self.job.timestep_fs, "the crystal flies apart in a trial run"))
            return
        if drift.exceeds(settings.max_drift_meV_atom_ps):
            seen = (
                f"{drift.said} at constant energy over {drift.time_ps:.2g} ps,"
                f" limit {settings.max_drift_meV_atom_ps:g} ({drift.heating_K_ps:+.0f} K/ps)"
            )
            self.warnings.append(timestep_warning(self.job.timestep_fs, seen))

    def _finish(self, state: State, frames: FrameList, start_s: float) -> MDSegment:
        spent = self._core_seconds(start_s)
        return finish_segment(self.job, self.key, frames, state.arrays(), core_seconds=spent, warnings=self.warnings)

    def _core_seconds(self, start_s: float) -> float:
        return self.core_seconds_before + inputs.core_seconds(self._atoms) - start_s
