"""What the program supercell makes of crystal files: without help, and with oxidation states.

``python -m benchmarks.obelix_open.supercell_program FOLDER --supercell PATH`` gives every CIF of a folder to supercell
(K. Okhotnikov, T. Charpentier, S. Cadars, J. Cheminform. 8, 17 (2016)) in its own cell, as a dry run, which counts all
arrangements. It rounds occupancies to whole numbers. With oxidation states (``-p LABEL:c=CHARGE -c yes``) it also
balances their charge; here they are those that this package reads or guesses. Whether what it makes is neutral is
checked with the same charges.
"""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from benchmarks.obelix_open.peers import OUT_OF_TIME, run
from ewald import ConfigurationSpace, UserError
from ewald.io.crystals.cif_blocks import cif_blocks
from ewald.io.crystals.cif_text import cif_text
from ewald.ions import VACANCY, element_of


def charges_of(file: Path) -> dict[str, float]:
    """Charge of each element, in e, as this package has it; the first where an element has several."""
    space = ConfigurationSpace.from_file(file)
    found: dict[str, float] = {}
    for sublattice in space.sublattices:
        for species, charge in zip(sublattice.species, sublattice.charges, strict=True):
            if species != VACANCY:
                found.setdefault(element_of(species), charge)
    return found


def labels_of(file: Path) -> dict[str, str]:
    """Element of each label of a CIF that names them in its type symbols."""
    block = next(one for one in cif_blocks(cif_text(file)) if "_atom_site_label" in one.values)
    symbols = block.values["_atom_site_type_symbol"]
    return {label: element_of(one) for label, one in zip(block.values["_atom_site_label"], symbols, strict=True)}


def told(output: str, charges: Mapping[str, float]) -> str:
    """Say in a few words what supercell's output means."""
    formula = re.search(r"Chemical formula of the supercell: (.*)", output)
    if "combinations is too high" in output:
        return "too many arrangements to count"
    if formula is None or "total number of combinations is" not in output:
        errors = [line for line in output.splitlines() if "ERROR" in line]
        return errors[-1][:60] if errors else "no count"
    atoms = re.findall(r"([A-Z][a-z]?)([\d.]*)", formula[1])
    charge_e = sum(charges.get(element, 0.0) * float(number or 1) for element, number in atoms)
    return "counted, neutral" if abs(charge_e) < 0.5 else "counted, charged"


def main() -> None:
    """Try the files, and print how often each kind of attempt ended how."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--supercell", required=True, help="command of supercell")
    parser.add_argument("--limit", type=float, default=30.0, metavar="S", help="seconds for each attempt")
    options = parser.parse_args()
    ends: Counter[tuple[str, str]] = Counter()
    for file in sorted(options.folder.glob("*.cif")):
        try:
            charges = charges_of(file)
        except UserError:
            ends["file", "left out: contradicts neutrality"] += 1
            continue
        command = [options.supercell, "-d", "-s", "1x1x1", "-i", str(file)]
        given = [f"-p{label}:c={charges[element]:g}" for label, element in labels_of(file).items()]
        for help_, more in (("none", []), ("oxidation states", [*given, "-c", "yes"])):
            done = run([*command, *more], options.limit)
            end = OUT_OF_TIME if done is None else told(done.stdout + done.stderr, charges)
            ends[help_, end] += 1
            print(f"{file.name} {help_}: {end}", file=sys.stderr, flush=True)
    for (help_, end), number in sorted(ends.items()):
        print(f"{help_}: {number} {end}")


if __name__ == "__main__":
    main()
