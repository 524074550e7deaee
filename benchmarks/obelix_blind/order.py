"""One ordered crystal of each chosen one: lowest electrostatic energy of the nearest neutral crystal.

``python -m benchmarks.obelix_blind.order FOLDER`` reads the crystal files of FOLDER and writes ``crystals/ID.cif`` and
the table ``ordered.csv`` beside this file; a crystal that is there already is not searched again.
"""

import csv
import sys
from pathlib import Path

from ewald import from_file, screen
from ewald.errors import UserError
from ewald.io.structure import read_structure
from ewald.search.warmup import compile_exact
from screening.plan.supercell import find_supercell

HERE = Path(__file__).parent
TARGET_IONS, MOST_IONS = 104, 160
TIME_LIMIT_S = 60.0
#: Where the file's charges and the guess fail.
USUAL_CHARGES = {
    "Li": 1, "Al": 3, "Si": 4, "Ge": 4, "Sn": 4, "P": 5, "Sb": 3, "S": -2, "Se": -2, "Cl": -1, "Br": -1, "I": -1
}  # fmt: skip
COLUMNS = ("id", "formula", "ions", "composition_change", "certified", "gap_meV_per_ion", "energy_eV", "charges")


def order(identifier: str, folder: Path) -> dict[str, object]:
    """Find the arrangement of one crystal and write it; returns its row of the table."""
    file = folder / f"{identifier}.cif"
    average = read_structure(file)
    ions = float(sum(average.composition.values()))
    cell = find_supercell(average.lattice.matrix, ions, target_ions=TARGET_IONS, max_ions=MOST_IONS)
    matrix = None if cell is None else " ".join(str(entry) for row in cell.matrix for entry in row)
    try:
        space, charges = from_file(file, supercell=matrix), "found"
    except UserError:
        space, charges = from_file(file, supercell=matrix, charges=USUAL_CHARGES), "usual"
    result = screen(space, keep=1, time_limit_s=TIME_LIMIT_S, workers=1)
    lowest = result.lowest[0]
    crystal = lowest.structure()
    crystal.to(filename=str(HERE / "crystals" / f"{identifier}.cif"), fmt="cif")
    near = space.approximant
    return {
        "id": identifier,
        "formula": crystal.composition.remove_charges().formula,
        "ions": len(crystal),
        "composition_change": 0.0 if near is None else round(near.composition_change, 4),
        "certified": result.certified,
        "gap_meV_per_ion": "" if result.gap_meV_per_ion is None else round(result.gap_meV_per_ion, 2),
        "energy_eV": round(lowest.energy_eV, 5),
        "charges": charges,
    }


def main() -> None:
    """Order all that are chosen and not yet ordered."""
    (HERE / "crystals").mkdir(exist_ok=True)
    table = HERE / "ordered.csv"
    done = list(csv.DictReader(table.open(encoding="utf-8"))) if table.is_file() else []
    compile_exact()
    for row in csv.DictReader((HERE / "chosen.csv").open(encoding="utf-8")):
        if row["id"] in {one["id"] for one in done}:
            continue
        done.append({name: str(value) for name, value in order(row["id"], Path(sys.argv[1])).items()})
        with table.open("w", encoding="utf-8") as file:
            write = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            write.writeheader()
            write.writerows(done)
        print(done[-1], flush=True)


if __name__ == "__main__":
    main()
