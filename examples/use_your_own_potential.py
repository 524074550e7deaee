"""Any ASE calculator is an engine: here one written in this very file relaxes a crystal.

A campaign names it in a preset: `engine: ase`, `calculator: use_your_own_potential.Springs`, `mp2020_corrections:
false`. The environment variable is the machine's permission to import it; a campaign file cannot give that itself.
"""

import os
from pathlib import Path

import numpy as np
from ase.calculators.calculator import Calculator, all_changes

from screening.campaign import RelaxationStage
from screening.shipped import shipped_structure


class Springs(Calculator):
    """Every ion on a spring to its ideal place, in a cell that resists a change of volume."""

    implemented_properties = ("energy", "forces", "stress")

    def __init__(self, stiffness_eV_A2=1.0, **options):
        """Take the spring constant."""
        super().__init__(**options)
        self.stiffness, self.ideal = stiffness_eV_A2, None

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        """Fill in energy (eV), forces (eV/A) and stress (eV/A^3)."""
        super().calculate(atoms, properties, system_changes)
        places = atoms.get_scaled_positions(wrap=False)
        if self.ideal is None:
            self.ideal = np.round(places * 16) / 16
        away = (places - self.ideal) @ atoms.cell.array
        self.results = {
            "energy": 0.5 * self.stiffness * float((away**2).sum()),
            "forces": -self.stiffness * away,
            "stress": np.zeros(6),
        }


if __name__ == "__main__":
    from workflows.engines.ase.run import AseEngine
    from workflows.engines.ase.settings import AseSettings

    os.environ["IONSIEVE_CALCULATOR_PACKAGES"] = "use_your_own_potential"
    settings = AseSettings(
        calculator="use_your_own_potential.Springs",
        arguments={"stiffness_eV_A2": 2.0},
        package="ase",  # whose version is recorded; name your own package once the potential has one
        mp2020_corrections=False,
    )
    engine = AseEngine(settings)
    crystal = shipped_structure("mothers", "Na3SbS4_tet_derived")
    relaxed = engine.relax(crystal, RelaxationStage(force_eV_A=0.01, stress_GPa=1.0), Path("relaxed"), name="Na3SbS4")
    print(f"converged: {relaxed.converged} in {relaxed.steps} steps, {relaxed.energy_eV:.6f} eV")
    print(f"energies compare with those of the key {relaxed.provenance.energy_key}, and with no others")
