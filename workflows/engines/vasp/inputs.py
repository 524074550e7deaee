"""VASP's input files, from pymatgen's sets."""

import warnings
from pathlib import Path
from typing import Any

from pymatgen.core import Structure

from ewald.errors import CampaignError, DependencyError
from screening.campaign.stages import RelaxationStage
from workflows.engines.engine import MDSegmentJob
from workflows.engines.vasp.settings import VaspSettings

CHAIN_LENGTH = 3


def write_relaxation(
    structure: Structure, stage: RelaxationStage, settings: VaspSettings, folder: Path, *, what: str, steps: int
) -> None:
    """Write the inputs of one pass: `loose` (positions), `tight` (cell and positions) or `final` (one energy)."""
    from pymatgen.io.vasp import sets

    force = stage.prerelax_force_eV_A if what == "loose" else stage.force_eV_A
    changes: dict[str, Any] = {"NSW": 0, "IBRION": -1} if what == "final" else {"NSW": steps, "EDIFFG": -force}  # type: ignore[operator]
    changes["ISIF"] = {"loose": 2, "tight": 3, "final": 2}[what]
    # Electronic convergence well below the forces asked for; the set's own value scales with the cell.
    changes["EDIFF"] = 1e-5
    chosen = getattr(sets, settings.relax_set)
    _write(chosen, structure, settings, folder, {**changes, **settings.relax_incar})


def write_md(structure: Structure, job: MDSegmentJob, settings: VaspSettings, folder: Path, *, steps: int) -> None:
    """Write the inputs of an MD run; velocities come with the structure or are drawn by VASP."""
    from pymatgen.io.vasp.sets import MPMDSet

    changes: dict[str, Any] = {
        "ENCUT": settings.md_encut_eV,
        "POTIM": job.timestep_fs,
        "NSW": steps,
        "TEBEG": job.temperature_K,
        "TEEND": job.temperature_K,
        "ISIF": 2,
        "IBRION": 0,
        # Every step is written, so that a restart can be matched to its step.
        "NBLOCK": 1,
        "RANDOM_SEED": f"{job.seed % 900_000_000} 0 0",
    }
    if job.thermostat == "nose-hoover":
        period = max(round(job.thermostat_time_fs / job.timestep_fs), 2)
        changes |= {"MDALGO": 4, "NHC_NCHAINS": CHAIN_LENGTH, "NHC_PERIOD": period, "SMASS": None}
    elif job.thermostat == "langevin":
        species = len([1 for i, s in enumerate(structure) if i == 0 or s.specie != structure[i - 1].specie])
        changes |= {"MDALGO": 3, "LANGEVIN_GAMMA": [1000 / job.thermostat_time_fs] * species, "SMASS": None}
    else:
        raise CampaignError("VASP runs nose-hoover or langevin", field="thermostat", value=job.thermostat)
    _write(
        MPMDSet,
        structure,
        settings,
        folder,
        {**changes, **settings.md_incar},
        start_temp=job.temperature_K,
        end_temp=job.temperature_K,
        nsteps=steps,
        time_step=job.timestep_fs,
    )


def _write(
    chosen: Any, structure: Structure, settings: VaspSettings, folder: Path, incar: dict[str, Any], **more: Any
) -> None:
    """Write a set's files; the structure keeps its order of ions."""
    plain = structure.copy()
    plain.remove_oxidation_states()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            inputs = chosen(plain, user_incar_settings=incar, sort_structure=False, **more)
            inputs.write_input(str(folder), potcar_spec=settings.potcar == "spec")
        except (ValueError, OSError, KeyError) as error:
            if "POTCAR" in str(error) or "PSP" in str(error):
                raise DependencyError(
                    f"no POTCAR ({error})",
                    fix="set PMG_VASP_PSP_DIR to your licensed VASP potentials with `pmg config -p`",
                ) from error
            raise


def grouped_order(structure: Structure) -> list[int]:
    """Return an order of ions in which every element is one block, as VASP wants it."""
    elements = list(dict.fromkeys(site.specie.symbol for site in structure))
    return sorted(range(len(structure)), key=lambda ion: (elements.index(structure[ion].specie.symbol), ion))
