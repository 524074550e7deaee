"""The CP2K engine: relaxation, single points and MD segments."""

import re
from pathlib import Path
from typing import Any

from pymatgen.core import Structure

from ewald.errors import CheckpointError
from ewald.files.checked_json import read_checked, write_checked
from screening.campaign.stages import RelaxationStage
from screening.relaxation.relaxation import Provenance, RelaxedStructure
from screening.value import content_hash
from workflows.engines.cp2k import inputs, outputs
from workflows.engines.cp2k.launch import Launcher
from workflows.engines.cp2k.segment import Cp2kSegment
from workflows.engines.cp2k.settings import Cp2kSettings
from workflows.engines.engine import MDSegment, MDSegmentJob, SinglePoint
from workflows.engines.errors import EngineError, FailureReason
from workflows.engines.relaxed_file import read_relaxed, write_relaxed
from workflows.process.stop import StopRequest

#: Settings that change an energy; the rest is about how the code is run.
_ENERGY_SETTINGS = (
    "basis_file",
    "potential_file",
    "basis_family",
    "potential_family",
    "kinds",
    "functional",
    "cutoff_Ry",
    "rel_cutoff_Ry",
    "kpoint_spacing_per_A",
    "electronic_temperature_K",
    "added_orbitals",
    "magnetic_moments",
)


class Cp2kEngine:
    """Relaxes structures and runs MD with CP2K.

    Parameters
    ----------
    settings
        How CP2K is started and what it computes.
    """

    def __init__(self, settings: Cp2kSettings) -> None:
        self.settings = settings

    @property
    def provenance(self) -> Provenance:
        """CP2K's version and the settings that energies depend on."""
        version = Launcher(self.settings).version
        chosen = self.settings.model_dump(mode="json", include=set(_ENERGY_SETTINGS))
        flat: dict[str, str | int | float | bool | None] = {"mp2020_corrections": False}
        for name, value in chosen.items():
            flat[name] = value if isinstance(value, str | int | float | None) else content_hash(value)
        return Provenance(
            engine="cp2k",
            code="CP2K",
            version=version,
            energy_key=content_hash("cp2k", version, chosen),
            settings=flat,
        )

    def single_point(self, structure: Structure, folder: Path) -> outputs.SinglePoint:
        """Compute energy, forces and stress; SCF failures are met with gentler mixing."""
        folder.mkdir(parents=True, exist_ok=True)
        with StopRequest(self.settings.relax_walltime_s) as stop:
            return Launcher(self.settings).single_point(structure, folder, stop)

    def point(self, structure: Structure, folder: Path) -> SinglePoint:
        """Compute energy and forces of a structure as it is."""
        folder.mkdir(parents=True, exist_ok=True)
        launcher = Launcher(self.settings)
        with StopRequest(self.settings.relax_walltime_s) as stop:
            found = launcher.single_point(structure, folder, stop)
        return SinglePoint(energy_eV=found.energy_eV, forces_eV_A=found.forces_eV_A, core_seconds=launcher.core_seconds)

    def relax(self, structure: Structure, settings: RelaxationStage, folder: Path, *, name: str) -> RelaxedStructure:
        """Relax positions loosely, then cell and positions; the energy is that of a fresh single point at the end.

        The single point takes the basis of the final cell, so that energies of different cells are comparable.
        """
        folder.mkdir(parents=True, exist_ok=True)
        provenance = self.provenance
        key = content_hash(structure, settings, provenance)
        finished = read_relaxed(folder, key)
        if finished is not None:
            return finished
        with StopRequest(self.settings.relax_walltime_s) as stop:
            run = _Relaxation(structure, self.settings, settings, folder, key=key, stop=stop)
            converged = run.go()
            point = run.launcher.single_point(run.structure, folder / "final", stop)
        relaxed = RelaxedStructure(
            id=name,
            structure=run.structure,
            energy_eV=point.energy_eV,
            converged=converged,
            steps=run.steps,
            max_force_eV_A=float((point.forces_eV_A**2).sum(axis=1).max() ** 0.5),
            max_stress_GPa=float(abs(point.stress_GPa).max()),
            volume_change=float(run.structure.volume / structure.volume - 1),
            provenance=provenance,
            core_seconds=run.launcher.core_seconds,
        )
        write_relaxed(folder, key, relaxed)
        return relaxed

    def run_segment(self, structure: Structure, job: MDSegmentJob) -> MDSegment:
        """Run one MD segment, or the rest of it."""
        return Cp2kSegment(structure, job, self.settings, self.provenance.energy_key).go()


class _Relaxation:
    """One relaxation: attempts in numbered folders, each from the last geometry of the one before.

    CP2K's optimizer starts anew in each: the path is another than that of a relaxation that was never stopped.
    """

    def __init__(
        self,
        structure: Structure,
        engine: Cp2kSettings,
        stage: RelaxationStage,
        folder: Path,
        *,
        key: str,
        stop: StopRequest,
    ) -> None:
        self.structure = structure
        self.stage = stage
        self.folder = folder
        self.key = key
        self.stop = stop
        self.launcher = Launcher(engine)
        self.engine = engine
        self.steps = 0

    def go(self) -> bool:
        """Run both passes; return whether the tight one met its thresholds."""
        if self.stage.prerelax_force_eV_A is not None:
            self._pass("loose", cell=False)
        return self._pass("tight", cell=True)

    def _pass(self, name: str, *, cell: bool) -> bool:
        """Go through the attempts there are, then make new ones until the pass completes or its steps are spent."""
        recovery, number = 0, 0
        while True:
            attempt = self.folder / f"{name}-{number:02d}"
            if not attempt.exists():
                if self.steps >= self.stage.max_steps:
                    return False
                self._start(attempt, recovery, cell=cell)
            self._check_key(attempt)
            text = _read(attempt / "run.out")
            self._take_geometry(attempt, text)
            try:
                outputs.check_output(text, ranks=self.engine.ranks, source=attempt / "run.out")
            except EngineError as error:
                if error.reason is FailureReason.SCF:
                    recovery += 1
                    if recovery == len(inputs.RECOVERY):
                        raise
                elif not (self.folder / f"{name}-{number + 1:02d}").exists() and attempt == self._fresh:
                    raise
            else:
                if outputs.optimisation_completed(text):
                    return True
            number += 1

    _fresh: Path | None = None

    def _start(self, attempt: Path, recovery: int, *, cell: bool) -> None:
        evaluation = inputs.force_evaluation(self.structure, self.engine, recovery)
        motion = inputs.optimisation(self.stage, self.stage.max_steps - self.steps, cell=cell)
        text = inputs.document("CELL_OPT" if cell else "GEO_OPT", motion, evaluation)
        attempt.mkdir()
        write_checked(attempt / "attempt.json", {"key": self.key})
        self._fresh = attempt
        self.launcher.run(text, attempt, self.stop)

    def _check_key(self, attempt: Path) -> None:
        document = read_checked(attempt / "attempt.json")
        if document is not None and document["key"] != self.key:
            raise CheckpointError("holds the relaxation of another structure", file=attempt, fix="use a new folder")

    def _take_geometry(self, attempt: Path, text: str) -> None:
        """Go on from the last whole geometry that was reached with converged SCF cycles."""
        frames = outputs.read_frames(attempt / f"{inputs.PROJECT}-pos-1.xyz", len(self.structure))
        cells = outputs.read_cells(attempt / f"{inputs.PROJECT}-1.cell")
        if not frames or "SCF run NOT converged" in text:
            return
        steps = sorted(set(frames) & set(cells)) if cells else sorted(frames)
        if not steps:
            return
        lattice: Any = cells[steps[-1]] if cells else self.structure.lattice.matrix
        self.steps += steps[-1]
        self.structure = Structure(
            lattice,
            self.structure.species,
            frames[steps[-1]],
            coords_are_cartesian=True,
            site_properties=self.structure.site_properties,
        )


def _read(path: Path) -> str:
    try:
        return re.sub(r"\x00", "", path.read_text(encoding="utf-8", errors="replace"))
    except FileNotFoundError:
        return ""
