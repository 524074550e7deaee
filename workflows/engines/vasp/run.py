"""The VASP engine: relaxation and MD segments."""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Structure

from ewald.files.atomic import write_atomic
from ewald.files.checked_json import read_checked, write_checked
from screening.campaign.stages import RelaxationStage
from screening.relaxation.relaxation import Provenance, RelaxedStructure
from screening.value import content_hash
from workflows.engines.engine import MDSegment, MDSegmentJob, SinglePoint
from workflows.engines.errors import EngineError, FailureReason
from workflows.engines.relaxed_file import read_relaxed, write_relaxed
from workflows.engines.vasp import inputs, outputs
from workflows.engines.vasp.interrupted import KEY_FILE, interrupted_steps, take_up
from workflows.engines.vasp.launch import Launcher
from workflows.engines.vasp.segment import VaspSegment
from workflows.engines.vasp.settings import VaspSettings
from workflows.process.stop import StopRequest

#: Times the tight pass is repeated while the stress is above its threshold: the basis follows the cell.
_MAX_TIGHT_PASSES = 3


class VaspEngine:
    """Relaxes structures and runs MD with VASP.

    Parameters
    ----------
    settings
        How VASP is started and what it computes.
    """

    def __init__(self, settings: VaspSettings) -> None:
        self.settings = settings
        self._launcher = Launcher(settings)

    @property
    def core_seconds(self) -> float:
        """Core seconds of VASP that this engine has spent so far."""
        return self._launcher.core_seconds

    @property
    def provenance(self) -> Provenance:
        """The version that VASP must report, the input set and its changes."""
        settings = self.settings
        flat: dict[str, str | int | float | bool | None] = {
            "relax_set": settings.relax_set,
            "relax_incar": json.dumps(settings.relax_incar, sort_keys=True),
            "mp2020_corrections": settings.mp2020_corrections,
        }
        return Provenance(
            engine="vasp",
            code="VASP",
            version=settings.version,
            energy_key=content_hash("vasp", settings.version, flat),
            settings=flat,
        )

    def relax(self, structure: Structure, settings: RelaxationStage, folder: Path, *, name: str) -> RelaxedStructure:
        """Relax positions loosely, then cell and positions, then compute the energy of the result once more."""
        folder.mkdir(parents=True, exist_ok=True)
        key = content_hash(structure, settings, self.provenance)
        finished = read_relaxed(folder, key)
        if finished is not None:
            return finished
        order = inputs.grouped_order(structure)
        current, steps = Structure.from_sites([structure[ion] for ion in order]), 0
        current.remove_oxidation_states()
        converged, spent_before = False, self.core_seconds
        with StopRequest(self.settings.relax_walltime_s) as stop:
            passes = ["loose"] if settings.prerelax_force_eV_A else []
            for number, what in enumerate([*passes, *["tight"] * _MAX_TIGHT_PASSES]):
                here = folder / f"{number:02d}-{what}"
                result = self._pass(current, settings, here, key=key, done=steps, stop=stop)
                current, steps = result.structure, steps + result.ionic_steps + interrupted_steps(here)
                converged = what == "tight" and result.ionic_converged and self._stress_met(result, settings)
                if converged or steps >= settings.max_steps:
                    break
            point = self._pass(current, settings, folder / "final", key=key, done=steps, stop=stop)
        relaxed = RelaxedStructure(
            id=name,
            structure=_back(current, structure, order),
            energy_eV=point.energy_eV,
            converged=converged,
            steps=steps,
            max_force_eV_A=float((point.forces_eV_A**2).sum(axis=1).max() ** 0.5),
            max_stress_GPa=float(np.abs(point.stress_GPa).max()),
            volume_change=float(current.volume / structure.volume - 1),
            provenance=self.provenance,
            core_seconds=self.core_seconds - spent_before,
        )
        write_relaxed(folder, key, relaxed)
        return relaxed

    def point(self, structure: Structure, folder: Path) -> SinglePoint:
        """Compute energy and forces of a structure as it is, with the settings of the relaxation."""
        folder.mkdir(parents=True, exist_ok=True)
        order = inputs.grouped_order(structure)
        grouped = Structure.from_sites([structure[ion] for ion in order])
        grouped.remove_oxidation_states()
        spent_before = self.core_seconds
        key = content_hash(structure, self.provenance)
        with StopRequest(self.settings.relax_walltime_s) as stop:
            found = self._pass(grouped, RelaxationStage(), folder / "final", key=key, done=0, stop=stop)
        forces = np.empty_like(found.forces_eV_A)
        forces[order] = found.forces_eV_A
        return SinglePoint(energy_eV=found.energy_eV, forces_eV_A=forces, core_seconds=self.core_seconds - spent_before)

    def run_segment(self, structure: Structure, job: MDSegmentJob) -> MDSegment:
        """Run one MD segment, or the rest of it."""
        return VaspSegment(structure, job, self._launcher, self.provenance.energy_key).go()

    def _pass(
        self,
        structure: Structure,
        stage: RelaxationStage,
        folder: Path,
        *,
        key: str,
        done: int,
        stop: StopRequest,
    ) -> outputs.VaspResult:
        """Run one pass, named by the end of its folder, or read it when it is finished."""
        what = folder.name.rpartition("-")[2]
        finished = read_checked(folder / "pass.json")
        if finished is None or finished["key"] != key:
            structure = take_up(structure, folder, key) if what != "final" else structure
            left = max(stage.max_steps - done - interrupted_steps(folder), 1)
            folder.mkdir(exist_ok=True)
            inputs.write_relaxation(structure, stage, self.settings, folder, what=what, steps=left)
            write_atomic(folder / KEY_FILE, key)
            stopped = self._launcher.run(folder, stop, md=False)
            if stopped is not None:
                reason = FailureReason.WALLTIME if stopped == "walltime" else FailureReason.STOPPED
                raise EngineError(
                    reason, f"VASP was stopped in {folder}", fix="run again: it resumes from the last step"
                )
        result = outputs.read_result(folder)
        if not result.version.startswith(self.settings.version):
            raise EngineError(
                FailureReason.CRASHED,
                f"VASP {result.version} ran where the preset says {self.settings.version}",
                fix="correct version in the preset: energies of two versions are not mixed",
            )
        if not result.scf_converged:
            raise EngineError(FailureReason.SCF, f"the electronic steps did not converge; see {folder}")
        write_checked(folder / "pass.json", {"key": key})
        return result

    @staticmethod
    def _stress_met(result: outputs.VaspResult, stage: RelaxationStage) -> bool:
        return float(np.abs(result.stress_GPa).max()) < stage.stress_GPa


def _back(current: Structure, start: Structure, order: list[int]) -> Structure:
    """Return the ions in the order of the start, with its species and site properties."""
    place: NDArray[np.float64] = np.empty((len(start), 3))
    place[order] = current.frac_coords
    return Structure(current.lattice, start.species, place, site_properties=start.site_properties)
