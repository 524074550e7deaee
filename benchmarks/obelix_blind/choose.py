"""The rule by which the twenty crystals are chosen; it was written down before anything of them was computed.

``python -m benchmarks.obelix_blind.choose FOLDER`` prints the table ``chosen.csv``. FOLDER has the crystal files and
``conductivity.csv`` of the training split of OBELiX (F. Therrien et al., Digital Discovery (2026),
doi:10.1039/d5dd00441a, CC BY 4.0).

1. A row qualifies when it has a crystal file with partially occupied sites, holds S or Se and neither O nor H, and its
   conductivity is a number, not a bound.
2. *Above* are those of at least 1e-4 S/cm, *below* the others.
3. The rows of either kind, sorted by identifier, are shuffled with the seed. In rounds through them, each publication
   gives at most one crystal a round, until there are ten: of seventy rows, forty are argyrodites of six papers.
4. The two kinds alternate, so that a run that is stopped early has as many of both.
"""

import csv
import random
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ewald.io.structure import read_structure

SEED = 20261129
OF_EACH_KIND = 10
THRESHOLD_S_cm = 1e-4


@dataclass(frozen=True)
class Measured:
    """One row of the set: a crystal and its measured conductivity near room temperature."""

    identifier: str
    formula: str
    sigma_S_cm: float
    family: str
    publication: str


def qualifying(folder: Path) -> list[Measured]:
    """Return the rows that meet the first condition of the rule, sorted by identifier."""
    with (folder / "conductivity.csv").open(encoding="utf-8") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["ID"])
    found = []
    for row in rows:
        elements = set(re.findall("[A-Z][a-z]?", row["Reduced Composition"]))
        crystal = folder / f"{row['ID']}.cif"
        sigma = row["Ionic conductivity (S cm-1)"]
        if not elements & {"S", "Se"} or elements & {"O", "H"} or sigma.startswith("<") or not crystal.is_file():
            continue
        if not read_structure(crystal).is_ordered:
            found.append(Measured(row["ID"], row["Reduced Composition"], float(sigma), row["Family"], row["DOI"]))
    return found


def drawn(rows: Sequence[Measured], number: int, seed: int) -> list[Measured]:
    """Draw rows in rounds, from each publication at most one a round."""
    waiting = list(rows)
    random.Random(seed).shuffle(waiting)
    taken: list[Measured] = []
    while waiting and len(taken) < number:
        seen: set[str] = set()
        later = []
        for row in waiting:
            if row.publication in seen or len(taken) == number:
                later.append(row)
            else:
                seen.add(row.publication)
                taken.append(row)
        waiting = later
    return taken


def choose(rows: Sequence[Measured], seed: int = SEED) -> list[Measured]:
    """Choose as many above as below the threshold, in turns."""
    above = drawn([row for row in rows if row.sigma_S_cm >= THRESHOLD_S_cm], OF_EACH_KIND, seed)
    below = drawn([row for row in rows if row.sigma_S_cm < THRESHOLD_S_cm], OF_EACH_KIND, seed)
    return [row for pair in zip(above, below, strict=True) for row in pair]


def main() -> None:
    """Print the table of the chosen."""
    write = csv.writer(sys.stdout, lineterminator="\n")
    write.writerow(("id", "formula", "sigma_S_cm", "family", "publication"))
    for row in choose(qualifying(Path(sys.argv[1]))):
        write.writerow((row.identifier, row.formula, row.sigma_S_cm, row.family, row.publication))


if __name__ == "__main__":
    main()
