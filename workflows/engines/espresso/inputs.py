"""pw.x as an ASE calculator that writes an input, runs the code in a process group of its own and reads the output.

ASE's own calculator starts codes without a group that could be ended as a whole, and takes a run for converged
that says it is not.
"""

import math
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.io.espresso import write_espresso_in

from ewald.errors import DependencyError
from workflows.engines.errors import EngineError, FailureReason
from workflows.engines.espresso import outputs
from workflows.engines.espresso.settings import EspressoSettings
from workflows.engines.launcher import launched
from workflows.engines.preset import merged
from workflows.engines.scratch import new_scratch
from workflows.process.run_code import find_executable, run_code
from workflows.process.stop import StopRequest

#: What the engine needs from every run.
_ALWAYS = {
    "control": {"calculation": "scf", "tprnfor": True, "disk_io": "none", "outdir": "scratch"},
}
RUN_FOLDER = "espresso"


class EspressoCalculator(Calculator):
    """Energy, forces and stress from pw.x.

    Parameters
    ----------
    settings
        The fields of :class:`EspressoSettings`.
    """

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces", "stress"]

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.chosen = EspressoSettings.from_mapping(settings, source="espresso settings")
        self.core_seconds = 0.0
        self._folder: Path | None = None
        self._stress = True
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    def work_in(self, folder: Path) -> None:
        """Run pw.x in a subfolder of `folder` from now on, where its last input and output stay to be looked at."""
        self._folder = folder / RUN_FOLDER

    def with_stress(self, wanted: bool) -> None:
        """Compute the stress from now on, or leave it out."""
        self._stress = wanted

    def _run_folder(self) -> Path:
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            return self._folder
        if self._temporary is None:
            self._temporary = new_scratch(RUN_FOLDER)
        return Path(self._temporary.name)

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = all_changes,
    ) -> None:
        """Run pw.x once."""
        super().calculate(atoms, properties, system_changes)
        folder = self._run_folder()
        source = folder / "run.log"
        stress = self._stress or "stress" in properties
        write_input(self.atoms, self.chosen, folder, stress=stress)
        # The worker's signals are watched one level up; here only the clock is.
        stop = StopRequest(self.chosen.scf_walltime_s)
        threads = str(self.chosen.threads)
        ended = run_code(
            command(self.chosen), folder, log=source.name, stop=stop, environment={"OMP_NUM_THREADS": threads}
        )
        self.core_seconds += ended.seconds * self.chosen.cores
        shutil.rmtree(folder / "scratch", ignore_errors=True)
        if ended.stopped is not None:
            raise EngineError(FailureReason.WALLTIME, f"one SCF took longer than {self.chosen.scf_walltime_s:g} s")
        text = source.read_text(encoding="utf-8", errors="replace")
        outputs.check_output(text, version=self.chosen.version, source=source)
        self.results: dict[str, Any] = outputs.read_results(text, source=source, stress=stress)


def command(settings: EspressoSettings) -> list[str]:
    """Return the words of the command, with absolute paths."""
    executable = find_executable(
        settings.executable, fix="install Quantum ESPRESSO (Debian: apt install quantum-espresso) or set executable"
    )
    return launched(settings.launcher, [executable, "-in", "run.in"])


def write_input(atoms: Atoms, settings: EspressoSettings, folder: Path, *, stress: bool = True) -> None:
    """Write pw.x's input.

    Raises
    ------
    DependencyError
        When a pseudopotential is missing.
    """
    pseudopotentials = Path(settings.pseudo_dir).expanduser().resolve()
    for element in sorted(set(atoms.get_chemical_symbols())):
        file = settings.pseudopotentials.get(element)
        if file is None or not (pseudopotentials / file).is_file():
            raise DependencyError(
                f"no pseudopotential for {element}",
                value=str(pseudopotentials / (file or "")),
                fix=f"name its file under pseudopotentials.{element} of the preset and put it into pseudo_dir",
            )
    data = merged(
        merged(settings.input_data, _ALWAYS), {"control": {"pseudo_dir": str(pseudopotentials), "tstress": stress}}
    )
    with (folder / "run.in").open("w", encoding="utf-8") as file_object:
        write_espresso_in(
            file_object,
            atoms,
            input_data=data,
            pseudopotentials=settings.pseudopotentials,
            kpts=kpoint_mesh(atoms, settings),
        )


def kpoint_mesh(atoms: Atoms, settings: EspressoSettings) -> tuple[int, int, int] | None:
    """Return the smallest mesh that meets the spacing; None is Gamma with real wave functions."""
    if settings.kpoint_spacing_per_A is None:
        return None
    lengths = 2 * np.pi * np.linalg.norm(atoms.cell.reciprocal(), axis=1)
    first, second, third = (max(1, math.ceil(length / settings.kpoint_spacing_per_A - 1e-9)) for length in lengths)
    return None if (first, second, third) == (1, 1, 1) else (first, second, third)
