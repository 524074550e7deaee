"""LAMMPS as an ASE calculator: one process that takes cell and positions, one after the other, and keeps its model.

IonSieve's own optimizer moves the ions and the cell. LAMMPS' own, `fix box/relax tri`, ended tilted cells of MgO at
0.1 GPa, where its line search found no lower energy.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.stress import full_3x3_to_voigt_6_stress
from pymatgen.core import Lattice, Structure

from ewald.files.atomic import write_atomic
from workflows.engines.errors import EngineError, FailureReason
from workflows.engines.lammps import inputs, outputs
from workflows.engines.lammps.box import Box
from workflows.engines.lammps.launch import Launcher
from workflows.engines.lammps.settings import LammpsSettings
from workflows.engines.lammps.units import UNITS
from workflows.engines.scratch import new_scratch
from workflows.process.conversation import Conversation

RUN_FOLDER = "lammps"


class LammpsCalculator(Calculator):
    """Energy, forces and stress from LAMMPS.

    Parameters
    ----------
    settings
        The fields of :class:`LammpsSettings`.
    """

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces", "stress"]

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.chosen = LammpsSettings.from_mapping(settings, source="lammps settings")
        self.launcher = Launcher(self.chosen)
        self.neutral = True
        self._spent_s = 0.0
        self._ions: Structure | None = None
        self._folder: Path | None = None
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._running: Conversation | None = None

    @property
    def core_seconds(self) -> float:
        """Seconds times cores of LAMMPS so far."""
        running = self._running.seconds if self._running is not None else 0.0
        return (self._spent_s + running) * self.launcher.cores

    def work_in(self, folder: Path) -> None:
        """Run LAMMPS in a subfolder of `folder` from now on, where its last files stay to be looked at."""
        self.close()
        self._folder = folder / RUN_FOLDER

    def work_on(self, structure: Structure) -> None:
        """Take the ions, oxidation states included, from this structure from now on."""
        self.close()
        self._ions = structure

    def close(self) -> str:
        """End LAMMPS, and return what it wrote; the next calculation starts it again."""
        if self._running is None:
            return ""
        running, self._running = self._running, None
        self.reset()
        said = running.close()
        self._spent_s += running.seconds
        return said

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = all_changes,
    ) -> None:
        """Compute one geometry.

        Raises
        ------
        EngineError, CampaignError, DependencyError
            As :func:`workflows.engines.lammps.outputs.check_output` tells.
        """
        super().calculate(atoms, properties, system_changes)
        if "numbers" in system_changes:
            self.close()
        structure = self._structure()
        if self._running is None:
            self._running = self._begin(structure)
        else:
            self._ask(self._running, inputs.next_point(moved=True), structure)
        self._read(structure)

    def _begin(self, structure: Structure) -> Conversation:
        """Start LAMMPS with a geometry, and see that it runs on the ranks asked for."""
        folder = self._run_folder()
        cell = inputs.Cell(structure, self.chosen, neutral=self.neutral)
        write_atomic(folder / inputs.START, cell.data())
        self._running = self.launcher.converse(folder)
        self._ask(self._running, inputs.static_opening(cell) + inputs.next_point(moved=False), structure)
        outputs.check_ranks(outputs.log_of(folder), ranks=self.chosen.ranks, source=folder / inputs.LOG)
        return self._running

    def _ask(self, running: Conversation, commands: str, structure: Structure) -> None:
        """Hand over a geometry and wait for its point."""
        box = Box.of(structure.lattice.matrix)
        # LAMMPS reads it at once, and nobody else does.
        moved = inputs.moved(box, box.places(structure.cart_coords))
        (running.folder / inputs.MOVED).write_text(moved, encoding="utf-8")
        if not running.ask(commands, inputs.POINT):
            self._fail()

    def _structure(self) -> Structure:
        """Return the geometry that is asked for; the ions are those told of, where they are."""
        ions = [site.specie for site in self._ions] if self._ions is not None else self.atoms.get_chemical_symbols()
        lattice = Lattice(np.array(self.atoms.cell.array))
        return Structure(lattice, ions, np.array(self.atoms.positions), coords_are_cartesian=True, to_unit_cell=False)

    def _run_folder(self) -> Path:
        if self._folder is None:
            self._temporary = self._temporary or new_scratch(RUN_FOLDER)
            return Path(self._temporary.name)
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder

    def _fail(self) -> None:
        """Say why LAMMPS ended."""
        source = self._run_folder() / inputs.OUTPUT
        outputs.check_output(self.close(), ranks=self.chosen.ranks, source=source)
        raise EngineError(FailureReason.CRASHED, f"LAMMPS ended without an answer; see {source}")

    def _read(self, structure: Structure) -> None:
        box = Box.of(structure.lattice.matrix)
        point = outputs.read_point(self._run_folder(), box, ions=len(structure), units=UNITS[self.chosen.units])
        self.results: dict[str, Any] = {
            "energy": point.energy_eV,
            "free_energy": point.energy_eV,
            "forces": point.forces_eV_A,
            "stress": full_3x3_to_voigt_6_stress(point.stress_eV_A3),
        }
