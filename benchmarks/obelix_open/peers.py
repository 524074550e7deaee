"""What other programs make of the same files as they are: pymatgen's ordering transformation, SHRY, supercell.

``python -m benchmarks.obelix_open.peers FOLDER --shry PATH --supercell PATH --every 8`` tries every eighth file. Each
program gets the file and nothing else, and ``--limit`` seconds. SHRY needs numpy below 2, so it runs from a virtual
environment of its own; both programs are named by the paths of their commands and left out where none is given.
"""

import argparse
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

_PYMATGEN = """
import sys, warnings
warnings.simplefilter("ignore")
from pymatgen.core import Structure
from pymatgen.transformations.standard_transformations import OrderDisorderedStructureTransformation
structure = Structure.from_file(sys.argv[1])
if structure.is_ordered:
    print("ordered already")
    raise SystemExit
if not all(hasattr(one, "oxi_state") for one in structure.composition):
    structure.add_oxidation_state_by_guess()
OrderDisorderedStructureTransformation().apply_transformation(structure)
print("ordered it")
"""


OUT_OF_TIME = "out of time"


def run(command: Sequence[str], limit_s: float) -> subprocess.CompletedProcess[str] | None:
    """Run a program; None where it is out of time."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired:
        return None


def attempt(command: Sequence[str], limit_s: float) -> str:
    """Run a program; say in a few words how it ended: ``ok``, ``out of time``, or the last line of its error."""
    done = run(command, limit_s)
    if done is None:
        return OUT_OF_TIME
    if done.returncode == 0:
        return "ok"
    lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    return lines[-1].strip()[:90] if lines else f"exit code {done.returncode}"


def commands(file: Path, shry: str | None, supercell: str | None) -> dict[str, list[str]]:
    """Command lines of the programs for one file, with no choice of the user's."""
    found = {"pymatgen": [sys.executable, "-c", _PYMATGEN, str(file)]}
    if shry is not None:
        found["SHRY"] = [shry, str(file), "--count-only", "--disable-progressbar"]
    if supercell is not None:
        found["supercell"] = [supercell, "-i", str(file), "-d", "-s", "1x1x1", "-m"]
    return found


def main() -> None:
    """Try the files and print how often each program ended how."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shry", help="command of SHRY")
    parser.add_argument("--supercell", help="command of supercell")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take every Nth file")
    parser.add_argument("--limit", type=float, default=60.0, metavar="S", help="seconds for each program and file")
    options = parser.parse_args()
    ends: dict[str, Counter[str]] = {}
    for file in sorted(options.folder.glob("*.cif"))[:: options.every]:
        for name, command in commands(file, options.shry, options.supercell).items():
            end = attempt(command, options.limit)
            ends.setdefault(name, Counter())[end] += 1
            print(f"{file.name} {name}: {end}", file=sys.stderr, flush=True)
    for name, counts in ends.items():
        for end, number in counts.most_common():
            print(f"{name}: {number} {end}")


if __name__ == "__main__":
    main()
