"""The ASE engine: relaxation and MD with any ASE calculator."""

import time
from pathlib import Path
from typing import Any

import numpy as np
from pymatgen.core import Structure

from ewald.files.checked_json import read_checked, write_checked
from screening.campaign.stages import RelaxationStage
from screening.relaxation.relaxation import Provenance, RelaxedStructure
from screening.value import content_hash
from workflows.engines.ase import inputs, outputs
from workflows.engines.ase.memory import memory_of, remember
from workflows.engines.ase.segment import SegmentRun
from workflows.engines.ase.settings import AseSettings
from workflows.engines.engine import MDSegment, MDSegmentJob, SinglePoint
from workflows.engines.errors import EngineError, FailureReason
from workflows.engines.relaxed_file import read_relaxed, write_relaxed
from workflows.process.stop import StopRequest

#: Share of the volume whose loss or gain within a relaxation can only be a failure of the potential.
_RUNAWAY_VOLUME_FACTOR = 3.0


class AseEngine:
    """Relaxes structures and runs MD with one calculator.

    Parameters
    ----------
    settings
        The calculator and how it is used.
    """

    def __init__(self, settings: AseSettings) -> None:
        self.settings = settings

    @property
    def provenance(self) -> Provenance:
        """Calculator, version and the settings that energies depend on."""
        return inputs.provenance(self.settings)

    def check_supplied(self, elements: frozenset[str]) -> None:
        """See that the user's own files give a calculator that knows these elements."""
        inputs.check_supplied(self.settings, elements)

    def relax(self, structure: Structure, settings: RelaxationStage, folder: Path, *, name: str) -> RelaxedStructure:
        """Relax positions loosely in the fixed cell, then cell and positions to the thresholds.

        The first pass keeps a bad start from tearing the cell apart. The state is saved every
        `checkpoint_every_s`, with what the optimizer has learned, and a repeated call goes on from it: it takes the
        path of one that was never stopped, to the bit where the calculator's answers depend on the geometry alone.
        """
        folder.mkdir(parents=True, exist_ok=True)
        key = content_hash(structure, settings, self.provenance)
        finished = read_relaxed(folder, key)
        if finished is not None:
            return finished
        atoms = inputs.build_atoms(structure, self.settings, folder)
        start_s = inputs.core_seconds(atoms)
        with StopRequest() as stop:
            run = _Relaxation(atoms, self.settings, settings, file=folder / "relaxing.json", key=key, stop=stop)
            run.go()
        relaxed = RelaxedStructure(
            id=name,
            structure=outputs.structure_from(atoms, structure),
            energy_eV=outputs.evaluate(atoms)[0],
            converged=run.converged,
            steps=run.steps,
            max_force_eV_A=outputs.max_force_eV_A(atoms),
            max_stress_GPa=outputs.max_stress_GPa(atoms),
            volume_change=float(atoms.get_volume() / structure.volume - 1),
            provenance=self.provenance,
            core_seconds=run.core_seconds_before + inputs.core_seconds(atoms) - start_s,
        )
        write_relaxed(folder, key, relaxed)
        (folder / "relaxing.json").unlink(missing_ok=True)
        return relaxed

    def point(self, structure: Structure, folder: Path) -> SinglePoint:
        """Compute energy and forces of a structure as it is."""
        folder.mkdir(parents=True, exist_ok=True)
        atoms = inputs.build_atoms(structure, self.settings, folder, stress=False)
        start_s = inputs.core_seconds(atoms)
        energy, forces = outputs.evaluate(atoms)
        return SinglePoint(energy_eV=energy, forces_eV_A=forces, core_seconds=inputs.core_seconds(atoms) - start_s)

    def run_segment(self, structure: Structure, job: MDSegmentJob) -> MDSegment:
        """Run one MD segment, or the rest of it."""
        return SegmentRun(structure, job, self.settings, self.provenance.energy_key).go()


class _Relaxation:
    """One relaxation: two passes, saved as it goes."""

    def __init__(
        self, atoms: Any, engine: AseSettings, stage: RelaxationStage, *, file: Path, key: str, stop: StopRequest
    ) -> None:
        self.atoms = atoms
        self.stop = stop
        self.engine = engine
        self.stage = stage
        self.file = file
        self.key = key
        self.steps = 0
        self.loose_done = stage.prerelax_force_eV_A is None
        self.core_seconds_before = 0.0
        self._start_s = inputs.core_seconds(atoms)
        self._saved_s = time.monotonic()
        self._volume_A3 = float(atoms.get_volume())
        self._unstrained_A: list[list[float]] | None = None
        self._memory: dict[str, Any] | None = None
        self._take_up()

    @property
    def converged(self) -> bool:
        """Whether forces and stress are below the thresholds now."""
        force, stress = outputs.max_force_eV_A(self.atoms), outputs.max_stress_GPa(self.atoms)
        return force < self.stage.force_eV_A and stress < self.stage.stress_GPa

    def go(self) -> None:
        """Run both passes."""
        from ase import optimize
        from ase.filters import FrechetCellFilter

        longest = {"maxstep": self.engine.max_optimizer_step_A, "logfile": None}
        if not self.loose_done:
            self._pass(optimize.FIRE(self.atoms, **longest), tight=False)
            self.loose_done = True
        moving = FrechetCellFilter(self.atoms)
        # Strains count from the cell that this pass began with.
        self._unstrained_A = self._unstrained_A or np.array(self.atoms.cell.array).tolist()
        moving.orig_cell = np.array(self._unstrained_A)
        self._pass(getattr(optimize, self.engine.optimizer)(moving, **longest), tight=True)

    def _pass(self, optimizer: Any, *, tight: bool) -> None:
        """Step until this pass's own criteria hold; the optimizer's are switched off."""
        remember(optimizer, self._memory)
        self._memory = None
        left = self.stage.max_steps - self.steps
        for count, _ in enumerate(optimizer.irun(fmax=0.0, steps=max(left, 0))):
            self.steps += 1 if count else 0
            self._check_sane()
            loose = self.stage.prerelax_force_eV_A or 0.0
            if self.converged if tight else outputs.max_force_eV_A(self.atoms) < loose:
                return
            due = bool(count) and time.monotonic() - self._saved_s >= self.engine.checkpoint_every_s
            ended = self.stop.reason
            if due or ended == "walltime":
                self._save(optimizer)
            if ended is not None:
                reason = FailureReason.WALLTIME if ended == "walltime" else FailureReason.STOPPED
                raise EngineError(reason, "the relaxation was stopped", fix="run again: it resumes")

    def _check_sane(self) -> None:
        factor = float(self.atoms.get_volume()) / self._volume_A3
        if not 1 / _RUNAWAY_VOLUME_FACTOR < factor < _RUNAWAY_VOLUME_FACTOR:
            raise EngineError(
                FailureReason.EXPLODED,
                f"the volume became {factor:.2g} times the initial volume during the relaxation",
                fix="check the initial structure, or use another potential",
            )

    def _save(self, optimizer: Any) -> None:
        document = {
            "key": self.key,
            "steps": self.steps,
            "loose_done": self.loose_done,
            "core_seconds": self.core_seconds_before + inputs.core_seconds(self.atoms) - self._start_s,
            "positions_A": np.array(self.atoms.positions).tolist(),
            "cell_A": np.array(self.atoms.cell.array).tolist(),
            "unstrained_cell_A": self._unstrained_A,
            "memory": memory_of(optimizer),
        }
        write_checked(self.file, document)
        self._saved_s = time.monotonic()

    def _take_up(self) -> None:
        """Go on from a saved state when there is a sound one of the same relaxation."""
        document = read_checked(self.file)
        if document is None or document["key"] != self.key:
            return
        self.steps = document["steps"]
        self.loose_done = document["loose_done"]
        self.core_seconds_before = document["core_seconds"]
        self.atoms.set_cell(document["cell_A"])
        self.atoms.set_positions(document["positions_A"])
        # Earlier releases did not keep these.
        self._unstrained_A = document.get("unstrained_cell_A")
        self._memory = document.get("memory")
