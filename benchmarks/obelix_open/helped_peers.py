"""What pymatgen and SHRY make of disordered crystal files when they are helped: charges, and numbers that fit.

``python -m benchmarks.obelix_open.helped_peers FOLDER --shry-python PATH`` takes ``--files`` of the disordered CIFs of
a folder that this package opens, at random. The help is what a careful user would work out by hand, and comes from this
package: the oxidation states (``charges``); and the supercell with whole, neutral numbers of ions, in which the sites
that share ions all have the same occupancies and vacancies are a species of their own for SHRY (``whole numbers``).
pymatgen orders the crystal (``OrderDisorderedStructureTransformation``); SHRY counts its distinct arrangements. Each
has ``--limit`` seconds of CPU time for a file. PATH is the Python of an environment with SHRY, which needs numpy
below 2.
"""

import argparse
import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ewald import ConfigurationSpace, UserError
from ewald.io.oxidation import assign_charges
from ewald.io.structure import read_structure
from ewald.ions import VACANCY, element_of

# One process for each file, of a program that is imported once.
_EACH = """
import os, resource, sys, warnings
warnings.simplefilter("ignore")
%s
for file in sys.argv[2:]:
    child = os.fork()
    if child == 0:
        spent = resource.getrusage(resource.RUSAGE_SELF)
        limit = int(sys.argv[1])
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
        sys.stderr = open(os.devnull, "w")
        try:
            end = attempt(file)
        except BaseException as error:
            end = (str(error).splitlines() or [type(error).__name__])[0][:70]
        print(file, end, sep="\\t", flush=True)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        print(file, "out of time", sep="\\t", flush=True)
"""
_PYMATGEN = """
import json
import numpy as np
from pymatgen.core import Structure
from pymatgen.transformations.standard_transformations import OrderDisorderedStructureTransformation

def attempt(file):
    structure = Structure.from_dict(json.load(open(file)))
    found = OrderDisorderedStructureTransformation().apply_transformation(structure)
    if abs(found.charge) > 0.01:
        return "ordered, charged"
    distances = found.distance_matrix
    np.fill_diagonal(distances, 9)
    return "ordered, two ions within 1 A" if distances.min() < 1 else "ordered"
"""
_SHRY = """
import logging
from shry.main import ScriptHelper
logging.disable(logging.CRITICAL)

def attempt(file):
    return "counted" if ScriptHelper(file).count() else "counted none"
"""


def charges_of(file: Path) -> dict[str, Any]:
    """Return a file's structure with the oxidation states that this package reads or guesses, as pymatgen's JSON."""
    document: dict[str, Any] = assign_charges(read_structure(file), {}).structure.as_dict()
    return document


def whole_numbers_of(space: ConfigurationSpace) -> dict[str, Any]:
    """Return the supercell with the mean occupancies of whole numbers of ions, as pymatgen's JSON."""
    from pymatgen.core import Lattice, Species, Structure

    contents: list[Any] = [None] * len(space)
    for sublattice in space.sublattices:
        own = {
            Species(element_of(name), charge): count / len(sublattice.sites)
            for name, charge, count in zip(sublattice.species, sublattice.charges, sublattice.counts, strict=True)
            if name != VACANCY and count
        }
        for site in sublattice.sites:
            contents[site] = own
    filled = [site for site, own in enumerate(contents) if own]
    structure = Structure(Lattice(space.lattice), [contents[site] for site in filled], space.frac_coords[filled])
    document: dict[str, Any] = structure.as_dict()
    return document


def whole_numbers_cif(space: ConfigurationSpace) -> str:
    """Return the same as a CIF for SHRY: sites that share ions have one label, vacancies are the species X."""
    lengths = np.linalg.norm(space.lattice, axis=1)
    cosines = [space.lattice[i] @ space.lattice[j] / lengths[i] / lengths[j] for i, j in ((1, 2), (0, 2), (0, 1))]
    lines = ["data_x", *(f"_cell_length_{a} {x:.10f}" for a, x in zip("abc", lengths, strict=True))]
    angles = zip(("alpha", "beta", "gamma"), np.degrees(np.arccos(cosines)), strict=True)
    lines += [*(f"_cell_angle_{name} {angle:.10f}" for name, angle in angles), "_symmetry_space_group_name_H-M 'P 1'"]
    lines += ["loop_", "_symmetry_equiv_pos_as_xyz", "'x, y, z'", "loop_"]
    lines += [f"_atom_site_{name}" for name in ("label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy")]
    for number, sublattice in enumerate(space.sublattices):
        for site in sublattice.sites:
            place = " ".join(f"{x:.10f}" for x in space.frac_coords[site])
            for name, count in zip(sublattice.species, sublattice.counts, strict=True):
                symbol = "X" if name == VACANCY else element_of(name)
                if count:
                    lines.append(f"S{number} {symbol} {place} {count / len(sublattice.sites):.15f}")
    return "\n".join(lines) + "\n"


def attempts(python: str, program: str, files: Sequence[Path], limit_s: int) -> Counter[str]:
    """Let a program try the files, and count how it ended."""
    command = [python, "-c", _EACH % program, str(limit_s), *map(str, files)]
    ends: Counter[str] = Counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            file, _, end = line.strip().partition("\t")
            print(f"{Path(file).name}: {end}", file=sys.stderr, flush=True)
            ends[end] += 1
    if ends.total() < len(files):
        raise SystemExit(f"only {ends.total()} of {len(files)} files were tried")
    return ends


def opened(folder: Path, number: int, seed: int) -> list[tuple[Path, ConfigurationSpace]]:
    """Choose disordered files that this package opens."""
    files = sorted(folder.glob("*.cif"))
    random.Random(seed).shuffle(files)
    found: list[tuple[Path, ConfigurationSpace]] = []
    for file in files:
        try:
            space = ConfigurationSpace.from_file(file)
        except UserError:
            continue
        if not read_structure(file).is_ordered:
            found.append((file, space))
        if len(found) == number:
            break
    return found


def main() -> None:
    """Try the files, and print how often each program ended how with which help."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shry-python", help="Python of an environment with SHRY")
    parser.add_argument("--files", type=int, default=60, metavar="N", help="how many files (default 60)")
    parser.add_argument(
        "--limit", type=int, default=10, metavar="S", help="seconds of CPU time for a file (default 10)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the choice (default 0)")
    options = parser.parse_args()
    with TemporaryDirectory() as scratch:
        charged, whole, cifs = list[Path](), list[Path](), list[Path]()
        for file, space in opened(options.folder, options.files, options.seed):
            for kept, ending, text in (
                (charged, "charges.json", json.dumps(charges_of(file))),
                (whole, "whole.json", json.dumps(whole_numbers_of(space))),
                (cifs, "whole.cif", whole_numbers_cif(space)),
            ):
                kept.append(Path(scratch) / f"{file.stem}.{ending}")
                kept[-1].write_text(text)
        runs = [("pymatgen, charges", sys.executable, _PYMATGEN, charged)]
        if options.shry_python:
            runs.append(("SHRY, whole numbers", options.shry_python, _SHRY, cifs))
        runs.append(("pymatgen, charges and whole numbers", sys.executable, _PYMATGEN, whole))
        for name, python, program, files in runs:
            for end, number in attempts(python, program, files, options.limit).most_common():
                print(f"{name}: {number} {end}", flush=True)


if __name__ == "__main__":
    main()
