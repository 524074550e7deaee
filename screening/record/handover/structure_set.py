"""Structures of candidates as files, and those of the survivors as a set that other workflow programs start from."""

import csv
import io
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from pymatgen.core import Element, Structure

from ewald.files.atomic import write_atomic
from ewald.io.cif import structure_cif
from screening.record.history import CandidateHistory
from screening.record.ranking import best_first
from screening.record.record import CampaignRecord
from screening.structure_document import site_symbols


def chosen(record: CampaignRecord) -> tuple[list[CandidateHistory], bool]:
    """Return the candidates to hand over, best first, and whether they passed the long MD.

    An audit sample is no survivor. Where nothing passed, the candidates near the hull are returned.
    """
    near = [history for history in best_first(record) if history.near_hull]
    passed = [history for history in near if history.survived]
    return passed or near, bool(passed)


def labels(history: CandidateHistory) -> dict[str, str | float | bool | None]:
    """Return the labels of a structure: names, energies and the conductivity that was judged; None is unknown."""
    hull, judged, relaxed = history.hull, history.judged(), history.relaxed
    return {
        "candidate": history.id,
        "formula": history.candidate.formula,
        "relaxed": relaxed is not None,
        "energy_eV": None if relaxed is None else relaxed.energy_eV,
        "hull_energy_meV_per_atom": None if hull is None else hull.hull_energy_meV_per_atom,
        "judged_mS_cm": None if judged is None else judged.value,
        "judged_at_K": None if judged is None else judged.temperature_K,
    }


def write_survivors(record: CampaignRecord, folder: Path) -> tuple[Path, ...]:
    """Write the structures of the survivors, best first: POSCAR and CIF of each, and all in `survivors.extxyz`.

    `survivors.json` and `survivors.csv` list them with their labels. Where nothing passed the long MD, the candidates
    near the hull are written, and `passed` in the JSON is false.

    Parameters
    ----------
    record
        The campaign.
    folder
        Made where it is missing; files of an earlier export are replaced.
    """
    histories, passed = chosen(record)
    written, listed = [], []
    for place, history in enumerate(histories, start=1):
        stem = f"{place:03d}-{file_name(history.id)}"
        poscar, cif = f"{stem}.vasp", f"{stem}.cif"
        written += [
            write_atomic(folder / poscar, poscar_text(history.structure, history.id), flush=False),
            write_atomic(folder / cif, cif_text(history), flush=False),
        ]
        listed.append({"rank": place, **labels(history), "poscar": poscar, "cif": cif})
    document = {"campaign": record.campaign.name, "passed": passed, "survivors": listed}
    text = json.dumps(document, indent=2, allow_nan=False) + "\n"
    return (
        *written,
        write_atomic(folder / "survivors.json", text),
        write_atomic(folder / "survivors.csv", _table(listed)),
        write_atomic(folder / "survivors.extxyz", "".join(map(extxyz_frame, histories))),
    )


def _table(listed: list[dict[str, Any]]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, fieldnames=list(listed[0]) if listed else ["rank"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(listed)
    return stream.getvalue()


def extxyz_frame(history: CandidateHistory) -> str:
    """Return the structure as one frame of an extended XYZ file, its labels in the second line."""
    structure = history.structure
    lattice = " ".join(f"{number:.10g}" for number in structure.lattice.matrix.ravel())
    facts = [
        f'Lattice="{lattice}"',
        "Properties=species:S:1:pos:R:3",
        'pbc="T T T"',
        f'id="{history.id}"',
        f"ewald_energy_eV={history.candidate.ewald_energy_eV:.10g}",
        f"relaxed={'T' if history.relaxed is not None else 'F'}",
    ]
    if history.relaxed is not None:
        facts.append(f"energy={history.relaxed.energy_eV:.10g}")
    known = labels(history)
    facts += [
        f"{name}={known[name]:.10g}"
        for name in ("hull_energy_meV_per_atom", "judged_mS_cm", "judged_at_K")
        if known[name] is not None
    ]
    atoms = [
        f"{symbol} {x:.10f} {y:.10f} {z:.10f}"
        for symbol, (x, y, z) in zip(site_symbols(structure), structure.cart_coords.tolist(), strict=True)
    ]
    return "\n".join([str(len(structure)), " ".join(facts), *atoms]) + "\n"


def poscar_text(structure: Structure, comment: str) -> str:
    """Return an ordered structure as a POSCAR, its elements by electronegativity.

    pymatgen's own writer takes twenty times as long, which counts where a campaign's survivors are exported.

    Parameters
    ----------
    structure
        Its oxidation states are left out.
    comment
        First line.
    """
    symbols = site_symbols(structure)
    places = {symbol: (Element(symbol).X, symbol) for symbol in dict.fromkeys(symbols)}
    order = sorted(range(len(symbols)), key=lambda site: places[symbols[site]])
    counts = Counter(symbols[site] for site in order)
    # VASP stops at a left-handed cell.
    matrix = structure.lattice.matrix * (-1 if np.linalg.det(structure.lattice.matrix) < 0 else 1)
    lines = [comment, "1.0", *map(_vector, matrix.tolist()), " ".join(counts), " ".join(map(str, counts.values()))]
    lines.append("direct")
    coordinates = structure.frac_coords.tolist()
    lines += [f"{_vector(coordinates[site])} {symbols[site]}" for site in order]
    return "\n".join(lines) + "\n"


def _vector(numbers: list[float]) -> str:
    return " ".join(f"{number:15.10f}" for number in numbers)


def cif_text(history: CandidateHistory) -> str:
    """Return the relaxed structure as CIF, or the arrangement as it left the Ewald screen."""
    state = "relaxed" if history.relaxed is not None else "not relaxed"
    return f"# {history.id} ({state})\n{structure_cif(history.structure)}"


def file_name(subject: str) -> str:
    """Return a file name for a subject: letters, digits, dot, minus and underscore only."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", subject)
