"""Relaxes every distinct arrangement of the study's cells with a fast potential; goes on where it was stopped."""

import argparse
import gzip
import json
import warnings
from pathlib import Path

import numpy as np
from ase.filters import FrechetCellFilter
from ase.optimize import LBFGS

from benchmarks.pair_surrogate.cells import CELLS, Cell
from ewald.search.enumeration.search import search
from workflows.engines.ase.nep import NEP

RELAXED = Path(__file__).parent / "data" / "relaxed.json.gz"
_FORCE_eV_A = 0.05
_MOST_STEPS = 150


def arrangements(cell: Cell) -> list[str]:
    """Species on the variable sites of every distinct arrangement, one digit a site; sorted by bare Ewald energy."""
    space = cell.space()
    number = space.distinct_configurations()
    found = search(space.form, space.group, keep=number, histogram=False)
    return ["".join(map(str, occupation.tolist())) for _, _, occupation in found.lowest]


def relaxed_energy_eV(cell: Cell, digits: str, potential: NEP) -> tuple[float, int]:
    """Energy of an arrangement after relaxation of ions and cell, and the steps it took."""
    from pymatgen.io.ase import AseAtomsAdaptor

    from ewald.search.result import LowEnergyArrangement

    space = cell.space()
    occupation = space.full_occupation([int(digit) for digit in digits])
    structure = LowEnergyArrangement(0.0, 1, occupation, space).structure()
    structure.remove_oxidation_states()
    atoms = AseAtomsAdaptor.get_atoms(structure)
    # A hair away from the symmetric positions, which may be saddle points.
    atoms.rattle(0.02, seed=1)
    atoms.calc = potential
    optimizer = LBFGS(FrechetCellFilter(atoms), logfile=None)
    with warnings.catch_warnings():
        # The filter's matrix logarithm warns of errors of 1e-13.
        warnings.simplefilter("ignore", RuntimeWarning)
        optimizer.run(fmax=_FORCE_eV_A, steps=_MOST_STEPS)
    return float(atoms.get_potential_energy()), int(optimizer.nsteps)


def main() -> None:
    """Relax what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model_file", help="nep.txt of NEP89 (T. Liang et al., 2025), not part of this project")
    parser.add_argument("--journal", type=Path, default=Path("relaxed.jsonl"), help="file that results are added to")
    parser.add_argument("--cells", nargs="*", default=[cell.name for cell in CELLS], help="by default all")
    options = parser.parse_args()
    lines = options.journal.read_text().splitlines() if options.journal.exists() else []
    done = {(entry["cell"], entry["ions"]): entry for entry in map(json.loads, lines)}
    potential = NEP(options.model_file, device="cpu")
    for cell in CELLS:
        if cell.name not in options.cells:
            continue
        for digits in arrangements(cell):
            if (cell.name, digits) not in done:
                energy_eV, steps = relaxed_energy_eV(cell, digits, potential)
                done[cell.name, digits] = {"cell": cell.name, "ions": digits, "eV": round(energy_eV, 5), "steps": steps}
                with options.journal.open("a") as file:
                    file.write(json.dumps(done[cell.name, digits]) + "\n")
        own = [entry for (name, _), entry in done.items() if name == cell.name]
        print(cell.name, len(own), "arrangements,", round(np.mean([e["steps"] for e in own])), "steps", flush=True)
    if len(options.cells) < len(CELLS):
        return
    table = {cell.name: {d: e["eV"] for (name, d), e in done.items() if name == cell.name} for cell in CELLS}
    with RELAXED.open("wb") as file, gzip.GzipFile(fileobj=file, mode="wb", mtime=0, filename="") as packed:
        packed.write(json.dumps(table).encode())


if __name__ == "__main__":
    main()
