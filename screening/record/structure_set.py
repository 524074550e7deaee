"""Structures of candidates as files, and those of the survivors as a set that other workflow programs start from."""

import json
import re
from pathlib import Path

from ewald.files.atomic import write_atomic
from ewald.io.cif import structure_cif
from screening.record.history import CandidateHistory
from screening.record.ranking import best_first
from screening.record.record import CampaignRecord


def write_survivors(record: CampaignRecord, folder: Path) -> tuple[Path, ...]:
    """Write the structures of the survivors, best first, as POSCAR and CIF, and `survivors.json` that lists them.

    Survivors passed the long MD and are no audit. Where there is none, the candidates near the hull are written, and
    `passed` says so.

    Parameters
    ----------
    record
        The campaign.
    folder
        Made where it is missing; files of an earlier export are replaced.
    """
    near = [history for history in best_first(record) if history.near_hull]
    passed = [history for history in near if history.survived]
    written, listed = [], []
    for place, history in enumerate(passed or near, start=1):
        stem = f"{place:03d}-{file_name(history.id)}"
        poscar, cif = f"{stem}.vasp", f"{stem}.cif"
        written += [
            write_atomic(folder / poscar, _poscar_text(history), flush=False),
            write_atomic(folder / cif, cif_text(history), flush=False),
        ]
        hull, judged = history.hull, history.judged()
        listed.append(
            {
                "candidate": history.id,
                "formula": history.candidate.formula,
                "poscar": poscar,
                "cif": cif,
                "relaxed": history.relaxed is not None,
                "energy_eV": None if history.relaxed is None else history.relaxed.energy_eV,
                "hull_energy_meV_per_atom": None if hull is None else hull.hull_energy_meV_per_atom,
                "judged_mS_cm": None if judged is None else judged.value,
                "judged_at_K": None if judged is None else judged.temperature_K,
            }
        )
    document = {"campaign": record.campaign.name, "passed": bool(passed), "survivors": listed}
    text = json.dumps(document, indent=2, allow_nan=False) + "\n"
    return (*written, write_atomic(folder / "survivors.json", text))


def _poscar_text(history: CandidateHistory) -> str:
    from pymatgen.io.vasp import Poscar

    plain = history.structure.get_sorted_structure()
    plain.remove_oxidation_states()
    return str(Poscar(plain, comment=history.id).get_str(significant_figures=10))


def cif_text(history: CandidateHistory) -> str:
    """Return the relaxed structure as CIF, or the arrangement as it left the Ewald screen."""
    state = "relaxed" if history.relaxed is not None else "not relaxed"
    return f"# {history.id} ({state})\n{structure_cif(history.structure)}"


def file_name(subject: str) -> str:
    """Return a file name for a subject: letters, digits, dot, minus and underscore only."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", subject)
