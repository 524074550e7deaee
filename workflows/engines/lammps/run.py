"""The LAMMPS engine: relaxation by IonSieve's optimizer with LAMMPS as the calculator, MD by LAMMPS itself."""

from pathlib import Path

from pymatgen.core import Element, Lattice, Species, Structure

from screening.campaign.stages import RelaxationStage
from screening.relaxation.relaxation import Provenance, RelaxedStructure
from screening.value import content_hash
from workflows.engines.ase import inputs as ase_inputs
from workflows.engines.ase.calculator import build_calculator
from workflows.engines.ase.run import AseEngine
from workflows.engines.ase.settings import AseSettings
from workflows.engines.engine import MDSegment, MDSegmentJob, SinglePoint
from workflows.engines.engine_files import checksum
from workflows.engines.lammps.launch import Launcher
from workflows.engines.lammps.potential import named_species
from workflows.engines.lammps.segment import LammpsSegment
from workflows.engines.lammps.settings import LammpsSettings

#: Distance of the ions of the trial that reads a potential, far beyond any bond.
_APART_A = 6.0


class LammpsEngine(AseEngine):
    """Relaxes structures and runs MD with LAMMPS.

    Parameters
    ----------
    settings
        How LAMMPS is started, and the potential.
    """

    def __init__(self, settings: LammpsSettings) -> None:
        self.lammps = settings
        super().__init__(
            AseSettings(
                calculator="workflows.engines.lammps.calculator.LammpsCalculator",
                arguments=settings.model_dump(mode="json"),
                extra="ase",
                package="ase",
                mp2020_corrections=settings.mp2020_corrections,
                optimizer=settings.optimizer,
                checkpoint_every_s=settings.checkpoint_every_s,
            )
        )

    @property
    def provenance(self) -> Provenance:
        """LAMMPS' version, the lines of the potential, and its files by what they hold."""
        settings = self.lammps
        version = Launcher(settings).version
        chosen: dict[str, str | int | float | bool | None] = {
            "potential": "; ".join(settings.potential),
            "before_box": "; ".join(settings.before_box),
            "charges": ", ".join(f"{label} {charge:+g}" for label, charge in sorted(settings.charges.items())),
            "units": settings.units,
            "mp2020_corrections": settings.mp2020_corrections,
        }
        for name, path in sorted(settings.files.items()):
            chosen[f"files.{name}"] = f"sha256 {checksum(Path(path))}"
        return Provenance(
            engine="lammps",
            code="LAMMPS",
            version=version,
            energy_key=content_hash("lammps", version, chosen),
            settings=chosen,
        )

    def check_supplied(self, elements: frozenset[str]) -> None:
        """Let LAMMPS read the potential for one ion of every element, far apart: lines and files are all looked at."""
        atoms = ase_inputs.build_atoms(_apart(elements, self.lammps), self.settings)
        atoms.calc.neutral = False
        try:
            atoms.get_potential_energy()
        finally:
            atoms.calc.close()
            atoms.calc.neutral = True

    def point(self, structure: Structure, folder: Path) -> SinglePoint:
        """Compute energy and forces of a structure as it is."""
        try:
            return super().point(structure, folder)
        finally:
            self._close()

    def relax(self, structure: Structure, settings: RelaxationStage, folder: Path, *, name: str) -> RelaxedStructure:
        """Relax as the ASE engine does; LAMMPS takes one geometry after the other and ends with the relaxation."""
        try:
            return super().relax(structure, settings, folder, name=name)
        finally:
            self._close()

    def run_segment(self, structure: Structure, job: MDSegmentJob) -> MDSegment:
        """Run one MD segment, or the rest of it."""
        return LammpsSegment(structure, job, self.lammps, self.provenance.energy_key).go()

    def _close(self) -> None:
        """End LAMMPS: its ranks would wait for the next command at full load."""
        build_calculator(self.settings).close()


def _apart(elements: frozenset[str], settings: LammpsSettings) -> Structure:
    """Return one ion of every element, or of every species that the potential tells apart, on a row."""
    several = [name for name in sorted(named_species(settings)) if Species.from_str(name).symbol in elements]
    plain = sorted(elements - {Species.from_str(name).symbol for name in several})
    ions = [Species.from_str(name) for name in several] + [Element(symbol) for symbol in plain]
    length = _APART_A * len(ions)
    places = [[(number + 0.5) / len(ions), 0.5, 0.5] for number in range(len(ions))]
    return Structure(Lattice.orthorhombic(length, 2 * _APART_A, 2 * _APART_A), ions, places)
