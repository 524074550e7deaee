"""Hand-made relaxed structures with chosen energies."""

import numpy as np
from pymatgen.core import Composition, Lattice, Structure

from screening.relaxation.relaxation import Provenance, RelaxedStructure

PROVENANCE = Provenance(engine="ase", code="toy", version="1", energy_key="toy-1", settings={})


def phase(formula: str, formation_eV_per_atom: float, name: str | None = None, **changes) -> RelaxedStructure:
    """A structure of this formula; elements have zero energy, so the energy is the formation energy."""
    composition = Composition(formula)
    symbols = [element.symbol for element, count in composition.items() for _ in range(round(count))]
    coordinates = np.linspace(0, 0.9, len(symbols))[:, None] * np.array([1.0, 0.7, 0.3])
    values = {
        "id": name or formula,
        "structure": Structure(Lattice.cubic(3.0 * len(symbols) ** (1 / 3)), symbols, coordinates),
        "energy_eV": formation_eV_per_atom * len(symbols),
        "converged": True,
        "steps": 10,
        "max_force_eV_A": 0.01,
        "max_stress_GPa": 0.1,
        "volume_change": 0.02,
        "provenance": PROVENANCE,
    }
    return RelaxedStructure(**(values | changes))


# Formation energies (eV/atom) close to the Materials Project's, rounded.
NA_SB_S = {
    "Na": 0.0,
    "Sb": 0.0,
    "S": 0.0,
    "Na2S": -1.27,
    "Na2S2": -1.02,
    "Na3Sb": -0.55,
    "NaSb": -0.42,
    "Sb2S3": -0.30,
    "NaSbS2": -0.78,
}


def references(energies: dict[str, float] = NA_SB_S) -> list[RelaxedStructure]:
    """Relaxed reference phases."""
    return [phase(formula, energy) for formula, energy in energies.items()]
