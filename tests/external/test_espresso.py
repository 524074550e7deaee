"""Real Quantum ESPRESSO: energies against CP2K with the same pseudopotentials, a relaxation, MD with a kill in it."""

import json
import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from screening.campaign.execution import EngineChoice
from screening.campaign.stages import RelaxationStage
from screening.trajectory.segment_file import partial_path, segment_path
from workflows.engines.ase import inputs as ase_inputs
from workflows.engines.ase.outputs import GPa_PER_eV_A3
from workflows.engines.checkpoint import read_arrays
from workflows.engines.cp2k.inputs import render
from workflows.engines.engine import MDSegmentJob
from workflows.engines.errors import EngineError
from workflows.engines.espresso.inputs import RUN_FOLDER
from workflows.engines.registry import load_engine

pytestmark = [
    pytest.mark.external,
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("pw.x") is None or shutil.which("cp2k.psmp") is None,
        reason="pw.x, or CP2K that makes its pseudopotentials, is not installed (apt install quantum-espresso cp2k)",
    ),
]
VALENCE = {"Na": ("[Ne]", "3s1", "GTH-PBE-q1"), "Cl": ("[Ne]", "3s2 3p5", "GTH-PBE-q7")}


def atom_input(element: str) -> str:
    """Input of CP2K's ATOM program that writes an element's Goedecker pseudopotential in the UPF format."""
    core, valence, potential = VALENCE[element]
    atom = {
        "ELEMENT": element,
        "CORE": core,
        "ELECTRON_CONFIGURATION": f"CORE {valence}",
        "METHOD": {"METHOD_TYPE": "KOHN-SHAM", "XC": {"XC_FUNCTIONAL": {"_": "PBE"}}},
        "PP_BASIS": {"BASIS_TYPE": "GEOMETRICAL_GTO"},
        "POTENTIAL": {
            "PSEUDO_TYPE": "GTH",
            "POTENTIAL_FILE_NAME": "POTENTIAL_UZH",
            "POTENTIAL_NAME": potential,
        },
        "PRINT": {"UPF_FILE": {"_": "ON", "FILENAME": "out"}},
    }
    document = {"GLOBAL": {"PROGRAM_NAME": "ATOM", "PROJECT": element}, "ATOM": atom}
    return "\n".join(render(document)) + "\n"


@pytest.fixture(scope="module")
def pseudopotentials(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("upf")
    for element in VALENCE:
        (folder / f"{element}.inp").write_text(atom_input(element))
        subprocess.run(
            ["cp2k.psmp", "-i", f"{element}.inp", "-o", f"{element}.out"], cwd=folder, check=True, timeout=120
        )
        text = (folder / f"{element}-out-1.upf").read_text()
        # pw.x knows no functional "DFT", and takes projectors without the index of their end for zero.
        text = text.replace('functional="DFT"', 'functional="PBE"')
        text = text.replace(" angular_momentum=", ' cutoff_radius_index="400" angular_momentum=')
        (folder / f"{element}.upf").write_text(text)
    return folder


def espresso(pseudopotentials: Path, cutoff_Ry: float):
    settings = {
        "pseudo_dir": str(pseudopotentials),
        "pseudopotentials": {element: f"{element}.upf" for element in VALENCE},
        "kpoint_spacing_per_A": None,
        "input_data": {"system": {"ecutwfc": cutoff_Ry, "ecutrho": 4 * cutoff_Ry, "occupations": "fixed"}},
    }
    return load_engine(EngineChoice(preset="espresso", settings=settings))


@pytest.fixture
def displaced() -> Structure:
    structure = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.66), ["Na+", "Cl-"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    structure.translate_sites([0], [0.03, 0, 0], frac_coords=True)
    return structure


def test_energy_forces_and_pressure_agree_with_cp2k(pseudopotentials: Path, displaced: Structure, tmp_path: Path):
    """Two codes, two kinds of basis, one Hamiltonian: what remains is the error of the two basis sets."""
    atoms = ase_inputs.build_atoms(displaced, espresso(pseudopotentials, 60.0).settings, tmp_path)
    settings = {
        "cutoff_Ry": 200,
        "kpoint_spacing_per_A": None,
        "electronic_temperature_K": None,
        "added_orbitals": 0,
        "kinds": {"Na": {"basis": "TZV2P-MOLOPT-PBE-GTH-q1", "potential": "GTH-PBE-q1"}},
    }
    gaussian = load_engine(EngineChoice(preset="cp2k", settings=settings)).single_point(displaced, tmp_path / "cp2k")
    assert atoms.get_potential_energy() / 8 == pytest.approx(gaussian.energy_eV / 8, abs=0.1)
    # One sodium ion is 0.17 A off its place; the largest force of either code is on it and points back.
    forces = atoms.get_forces()
    assert -0.3 < forces[0, 0] < -0.1
    assert np.abs(forces - gaussian.forces_eV_A).max() < 0.02
    # CP2K counts compression positive, ASE tension.
    pressure_GPa = -atoms.get_stress()[:3].mean() * GPa_PER_eV_A3
    assert pressure_GPa == pytest.approx(gaussian.stress_GPa.trace() / 3, abs=1.0)


def test_relaxes_cell_and_positions(pseudopotentials: Path, displaced: Structure, tmp_path: Path):
    stage = RelaxationStage(force_eV_A=0.05, stress_GPa=0.4, prerelax_force_eV_A=0.1, max_steps=20)
    relaxed = espresso(pseudopotentials, 35.0).relax(displaced, stage, tmp_path, name="NaCl")
    assert relaxed.converged
    assert relaxed.structure.species == displaced.species
    # PBE's lattice constant is 5.70 A (P. Haas, F. Tran, P. Blaha, Phys. Rev. B 79, 085104 (2009)).
    assert relaxed.structure.volume ** (1 / 3) == pytest.approx(5.70, rel=0.015)
    assert relaxed.core_seconds > 2
    assert "JOB DONE" in (tmp_path / RUN_FOLDER / "run.log").read_text()
    assert not (tmp_path / RUN_FOLDER / "scratch").exists()


def test_segments_go_on_to_the_bit_after_a_kill(pseudopotentials: Path, displaced: Structure, tmp_path: Path):
    engine = espresso(pseudopotentials, 20.0)
    job = MDSegmentJob(
        folder=tmp_path / "whole",
        index=0,
        temperature_K=600,
        timestep_fs=2,
        steps=6,
        frame_every=1,
        thermostat="nose-hoover",
        thermostat_time_fs=100,
        seed=5,
    )
    assert engine.run_segment(displaced, job).complete
    halves = job.model_copy(update={"folder": tmp_path / "halves", "steps": 3})
    killer = threading.Thread(target=_kill_code_after_a_checkpoint, args=(halves.folder,))
    killer.start()
    with pytest.raises(EngineError, match="truncated-output"):
        engine.run_segment(displaced, halves)
    killer.join()
    for index in range(2):
        assert engine.run_segment(displaced, halves.model_copy(update={"index": index})).complete
    whole = read_arrays(segment_path(job.folder, 0))
    parts = [read_arrays(segment_path(halves.folder, index)) for index in range(2)]
    for name in ("step", "positions_A", "total_eV"):
        assert np.array_equal(np.concatenate([part[name] for part in parts]), whole[name]), name
    assert np.abs(np.diff(whole["positions_A"], axis=0)).max() < 0.1
    assert np.ptp(whole["total_eV"]) / 8 < 0.001


def _kill_code_after_a_checkpoint(folder: Path) -> None:
    deadline = time.monotonic() + 300
    note = folder / RUN_FOLDER / "process.json"
    while time.monotonic() < deadline:
        if partial_path(folder, 0).exists() and note.exists():
            try:
                os.killpg(json.loads(note.read_bytes())["pid"], signal.SIGKILL)
            except (ProcessLookupError, FileNotFoundError, ValueError):
                continue
            return
        time.sleep(0.01)
