"""CP2K's input file, from a structure, settings and what is to be done."""

import math
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pymatgen.core import Structure

from ewald.constants import HARTREE_BOHR_eV_A
from ewald.errors import CampaignError, DependencyError
from screening.campaign.stages import RelaxationStage
from workflows.engines.cp2k.settings import Cp2kSettings, KindSettings
from workflows.engines.engine import MDSegmentJob

PROJECT = "run"
INPUT_FILE = "run.inp"
RESTART_FILE = "start.restart"
_GPa_bar = 1e4
#: Attempts after an SCF failure: (factor on the mixing, factor on the SCF steps).
RECOVERY = ((1.0, 1), (0.4, 3), (0.1, 8))

Section = dict[str, Any]


def render(section: Mapping[str, Any], indent: int = 0) -> Iterator[str]:
    """Yield the lines of nested sections; a list repeats a keyword or a section.

    The key `_` holds a section's parameter, `*` lines without a keyword.
    """
    pad = "  " * indent
    for name, value in section.items():
        if name == "_":
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                yield f"{pad}&{name} {item.get('_', '')}".rstrip()
                yield from render(item, indent + 1)
                yield f"{pad}&END {name}"
            elif name == "*":
                yield f"{pad}{item}"
            else:
                yield f"{pad}{name} {_text(item)}".rstrip()


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, tuple):
        return " ".join(_text(part) for part in value)
    return str(value)


def data_folder(settings: Cp2kSettings) -> Path:
    """Find CP2K's data.

    Raises
    ------
    DependencyError
        When the folder or the files of basis sets and pseudopotentials are missing.
    """
    folder = Path(settings.data_dir or os.environ.get("CP2K_DATA_DIR") or "/usr/share/cp2k")
    for name in (settings.basis_file, settings.potential_file):
        if not (folder / name).is_file():
            raise DependencyError(
                "CP2K's data file is missing",
                value=str(folder / name),
                fix="set data_dir in the preset or CP2K_DATA_DIR (Debian: apt install cp2k-data)",
            )
    return folder


def choose_kind(element: str, settings: Cp2kSettings, folder: Path) -> KindSettings:
    """Return the basis set and pseudopotential of an element, of one electron count and present in the data files.

    Without an entry in `kinds` the largest electron count that both families offer is taken.
    """
    bases = _names(folder / settings.basis_file, element)
    potentials = _names(folder / settings.potential_file, element)
    chosen = settings.kinds.get(element)
    if chosen is None:
        counts = _counts(bases, settings.basis_family) & _counts(potentials, settings.potential_family)
        if not counts:
            raise DependencyError(
                f"{element} has no {settings.basis_family}* with a {settings.potential_family}* of the same count",
                fix=f"name them under kinds.{element} of the preset",
            )
        count = max(counts)
        chosen = KindSettings(basis=f"{settings.basis_family}{count}", potential=f"{settings.potential_family}{count}")
    for name, known, file in (
        (chosen.basis, bases, settings.basis_file),
        (chosen.potential, potentials, settings.potential_file),
    ):
        if name not in known:
            raise DependencyError(f"{file} has no {name} for {element}", fix=f"correct kinds.{element} of the preset")
    return chosen


def _names(file: Path, element: str) -> set[str]:
    """Return the names of an element's entries; CP2K reads element symbols without regard to case."""
    pattern = re.compile(rf"^\s*{element}\s+([A-Za-z].*)$", re.MULTILINE | re.IGNORECASE)
    text = file.read_text(encoding="utf-8", errors="replace")
    return {name for line in pattern.findall(text) for name in line.split()}


def _counts(names: set[str], family: str) -> set[int]:
    return {int(name[len(family) :]) for name in names if name.startswith(family) and name[len(family) :].isdigit()}


def kpoint_mesh(structure: Structure, settings: Cp2kSettings) -> tuple[int, int, int]:
    """Return the smallest mesh that meets the spacing; (1, 1, 1) is Gamma."""
    if settings.kpoint_spacing_per_A is None:
        return (1, 1, 1)
    lengths = structure.lattice.reciprocal_lattice.abc
    first, second, third = (max(1, math.ceil(length / settings.kpoint_spacing_per_A - 1e-9)) for length in lengths)
    return (first, second, third)


def force_evaluation(structure: Structure, settings: Cp2kSettings, attempt: int) -> Section:
    """Return the section that defines the energy; `attempt` counts SCF recoveries."""
    folder = data_folder(settings)
    mixing, steps = RECOVERY[attempt]
    spin = any(site.specie.symbol in settings.magnetic_moments for site in structure)
    scf: Section = {
        "EPS_SCF": settings.scf_eps,
        "MAX_SCF": settings.scf_max_steps * steps,
        "SCF_GUESS": "ATOMIC",
        "DIAGONALIZATION": {"ALGORITHM": "STANDARD"},
        "MIXING": {"METHOD": "BROYDEN_MIXING", "ALPHA": settings.mixing * mixing, "NBROYDEN": 8},
        "PRINT": {"RESTART": {"_": "OFF"}},
    }
    if settings.added_orbitals:
        scf["ADDED_MOS"] = (settings.added_orbitals,) * (2 if spin else 1)
    if settings.electronic_temperature_K:
        temperature = settings.electronic_temperature_K
        scf["SMEAR"] = {"_": "ON", "METHOD": "FERMI_DIRAC", "ELECTRONIC_TEMPERATURE": temperature}
    dft: Section = {
        "BASIS_SET_FILE_NAME": str(folder / settings.basis_file),
        "POTENTIAL_FILE_NAME": str(folder / settings.potential_file),
        "MGRID": {"CUTOFF": settings.cutoff_Ry, "REL_CUTOFF": settings.rel_cutoff_Ry},
        "QS": {"EPS_DEFAULT": 1e-12, "EXTRAPOLATION": "USE_GUESS"},
        "SCF": scf,
        "XC": {"XC_FUNCTIONAL": {"_": settings.functional}},
    }
    if spin:
        dft["UKS"] = True
    mesh = kpoint_mesh(structure, settings)
    if mesh == (1, 1, 1):
        dft["QS"]["EXTRAPOLATION"] = "ASPC"
    else:
        dft["KPOINTS"] = {"SCHEME": ("MONKHORST-PACK", *mesh)}
    return {
        "METHOD": "QUICKSTEP",
        "STRESS_TENSOR": "ANALYTICAL",
        "DFT": dft,
        "PRINT": {"FORCES": {"_": "ON"}, "STRESS_TENSOR": {"_": "ON"}},
        "SUBSYS": _subsystem(structure, settings, folder),
    }


def _subsystem(structure: Structure, settings: Cp2kSettings, folder: Path) -> Section:
    kinds = []
    for element in sorted({site.specie.symbol for site in structure}):
        kind = choose_kind(element, settings, folder)
        section: Section = {"_": element, "BASIS_SET": kind.basis, "POTENTIAL": kind.potential}
        if element in settings.magnetic_moments:
            section["MAGNETIZATION"] = settings.magnetic_moments[element]
        kinds.append(section)
    rows = [tuple(f"{value:.12f}" for value in row) for row in structure.lattice.matrix]
    atoms = [f"{site.specie.symbol} " + " ".join(f"{value:.12f}" for value in site.coords) for site in structure]
    return {"CELL": {"A": rows[0], "B": rows[1], "C": rows[2]}, "COORD": {"*": atoms}, "KIND": kinds}


def document(
    run_type: str,
    motion: Section | None,
    evaluation: Section,
    *,
    walltime_s: float | None = None,
    seed: int | None = None,
) -> str:
    """Return the text of an input file."""
    general: Section = {"PROJECT": PROJECT, "RUN_TYPE": run_type, "PRINT_LEVEL": "LOW"}
    if walltime_s is not None:
        general["WALLTIME"] = max(int(walltime_s), 1)
    if seed is not None:
        general["SEED"] = seed % 2**31
    sections: Section = {"GLOBAL": general}
    if motion is not None:
        sections["MOTION"] = motion
    sections["FORCE_EVAL"] = evaluation
    return "\n".join(render(sections)) + "\n"


def optimisation(stage: RelaxationStage, steps: int, *, cell: bool) -> Section:
    """Return the motion of a relaxation: positions to the loose threshold, or cell and positions to the tight one."""
    force_eV_A = stage.force_eV_A if cell else (stage.prerelax_force_eV_A or stage.force_eV_A)
    force = force_eV_A / HARTREE_BOHR_eV_A
    # Forces and stress decide; the limits on displacements, which CP2K also wants met, are set out of the way.
    criteria: Section = {
        "MAX_ITER": steps,
        "MAX_FORCE": force,
        "RMS_FORCE": force,
        "MAX_DR": 0.1,
        "RMS_DR": 0.1,
        "OPTIMIZER": "BFGS",
    }
    printing: Section = {"TRAJECTORY": {"_": "ON"}, "RESTART": {"_": "OFF"}, "RESTART_HISTORY": {"_": "OFF"}}
    if not cell:
        return {"GEO_OPT": criteria, "PRINT": printing}
    criteria |= {"TYPE": "DIRECT_CELL_OPT", "PRESSURE_TOLERANCE": stage.stress_GPa * _GPa_bar}
    return {"CELL_OPT": criteria, "PRINT": {**printing, "CELL": {"_": "ON"}}}


def dynamics(job: MDSegmentJob, steps: int) -> Section:
    """Return the motion of an MD run that writes its restart file at every step."""
    if job.thermostat not in ("nose-hoover", "langevin"):
        raise CampaignError("CP2K runs nose-hoover or langevin", field="thermostat", value=job.thermostat)
    md: Section = {
        "ENSEMBLE": "NVT" if job.thermostat == "nose-hoover" else "LANGEVIN",
        "STEPS": steps,
        "TIMESTEP": job.timestep_fs,
        "TEMPERATURE": job.temperature_K,
    }
    if job.thermostat == "nose-hoover":
        md["THERMOSTAT"] = {"TYPE": "NOSE", "NOSE": {"LENGTH": 3, "TIMECON": job.thermostat_time_fs}}
    else:
        md["LANGEVIN"] = {"GAMMA": 1 / job.thermostat_time_fs}
    every = {"MD": job.frame_every}
    return {
        "MD": md,
        "PRINT": {
            "TRAJECTORY": {"EACH": every, "FORMAT": "XYZ"},
            "RESTART": {"EACH": {"MD": 1}},
            "RESTART_HISTORY": {"_": "OFF"},
        },
    }


def md_document(
    structure: Structure,
    job: MDSegmentJob,
    settings: Cp2kSettings,
    *,
    attempt: int,
    steps: int,
    restart: bool,
    walltime_s: float | None,
) -> str:
    """Return the input of an MD run, fresh or from :data:`RESTART_FILE`."""
    evaluation = force_evaluation(structure, settings, attempt)
    text = document("MD", dynamics(job, steps), evaluation, walltime_s=walltime_s, seed=job.seed)
    if restart:
        text += f"&EXT_RESTART\n  RESTART_FILE_NAME {RESTART_FILE}\n  RESTART_DEFAULT TRUE\n&END EXT_RESTART\n"
    return text
