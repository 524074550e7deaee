"""VASP's inputs, field by field."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Structure
from pymatgen.io.vasp import Incar, Kpoints, Poscar, sets

from screening.campaign.stages import RelaxationStage
from screening.shipped import shipped_structure
from workflows.engines.engine import MDSegmentJob
from workflows.engines.vasp import inputs

STAGE = RelaxationStage(force_eV_A=0.02, stress_GPa=0.5)


def test_relaxation_inputs(vasp, rocksalt: Structure, tmp_path: Path):
    expected = {
        "loose": {"ISIF": 2, "EDIFFG": -0.2, "NSW": 50, "IBRION": 2},
        "tight": {"ISIF": 3, "EDIFFG": -0.02, "NSW": 50, "IBRION": 2},
        "final": {"ISIF": 2, "NSW": 0, "IBRION": -1},
    }
    for what, tags in expected.items():
        inputs.write_relaxation(rocksalt, STAGE, vasp[1].settings, tmp_path / what, what=what, steps=50)
        incar = Incar.from_file(tmp_path / what / "INCAR")
        assert {tag: incar[tag] for tag in tags} == tags
        # The Materials Project's own settings, on which the compatibility of the energies rests.
        assert (incar["ENCUT"], incar["PREC"], incar["EDIFF"], incar["ISPIN"]) == (520, "Accurate", 1e-5, 2)
        assert (tmp_path / what / "POTCAR.spec").read_text().split() == ["Ca_sv", "S"]
        assert Kpoints.from_file(tmp_path / what / "KPOINTS").kpts[0][0] >= 3
        poscar = Poscar.from_file(tmp_path / what / "POSCAR")
        assert poscar.site_symbols == ["Ca", "S"]
        assert np.allclose(poscar.structure.frac_coords, rocksalt.frac_coords)


def test_md_inputs(vasp, rocksalt: Structure, md_job: MDSegmentJob, tmp_path: Path):
    inputs.write_md(rocksalt, md_job, vasp[1].settings, tmp_path / "nose", steps=7)
    incar = Incar.from_file(tmp_path / "nose" / "INCAR")
    expected = {
        "ENCUT": 400, "POTIM": 2.0, "NSW": 7, "TEBEG": 600, "TEEND": 600, "ISIF": 2, "IBRION": 0, "NBLOCK": 1,
        "MDALGO": 4, "NHC_NCHAINS": 3, "NHC_PERIOD": 50,
    }  # fmt: skip
    assert {tag: incar[tag] for tag in expected} == expected
    assert "SMASS" not in incar
    langevin = md_job.model_copy(update={"thermostat": "langevin", "thermostat_time_fs": 1000.0})
    inputs.write_md(rocksalt, langevin, vasp[1].settings, tmp_path / "langevin", steps=7)
    incar = Incar.from_file(tmp_path / "langevin" / "INCAR")
    assert incar["MDALGO"] == 3
    assert incar["LANGEVIN_GAMMA"] == [1.0, 1.0]


#: Tags that the engine sets itself, because its own thresholds and passes ask for them.
OWN_OF_RELAXATION = {"NSW", "EDIFFG", "ISIF", "EDIFF", "IBRION"}
TEN_SYSTEMS = [
    ("mothers", "Na3PS4_tet_exp"), ("mothers", "Na3SbS4_tet_derived"), ("mothers", "NaCrS2"), ("mothers", "NaYS2"),
    ("references", "NiO"), ("references", "WO3"), ("references", "La2O3"), ("references", "el_Na"),
    ("references", "LiCl"), ("references", "Fe2O3"),
]  # fmt: skip


@pytest.mark.parametrize("chosen", ["MPRelaxSet", "MPScanRelaxSet", "MP24RelaxSet"])
@pytest.mark.parametrize(("kind", "name"), TEN_SYSTEMS)
def test_relaxation_inputs_are_those_of_pymatgens_own_set(vasp, tmp_path: Path, chosen: str, kind, name: str):
    structure = shipped_structure(kind, name)
    order = inputs.grouped_order(structure)
    grouped = Structure.from_sites([structure[ion] for ion in order])
    grouped.remove_oxidation_states()
    settings = vasp[1].settings.model_copy(update={"relax_set": chosen})
    inputs.write_relaxation(grouped, STAGE, settings, tmp_path / "ours", what="tight", steps=50)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = getattr(sets, chosen)(grouped, sort_structure=False)
        theirs.write_input(str(tmp_path / "theirs"), potcar_spec=True)
    ours, expected = (Incar.from_file(tmp_path / side / "INCAR") for side in ("ours", "theirs"))
    changed = {tag for tag in {*ours, *expected} if ours.get(tag) != expected.get(tag)}
    assert changed <= OWN_OF_RELAXATION, changed
    for file in ("POSCAR", "POTCAR.spec", "KPOINTS"):
        found = [path.read_text() if (path := tmp_path / side / file).exists() else None for side in ("ours", "theirs")]
        assert found[0] == found[1], file


@pytest.mark.parametrize(("kind", "name"), TEN_SYSTEMS)
def test_md_inputs_are_those_of_pymatgens_own_set(vasp, md_job: MDSegmentJob, tmp_path: Path, kind, name: str):
    own = {
        "ENCUT", "POTIM", "NSW", "TEBEG", "TEEND", "ISIF", "IBRION", "NBLOCK", "RANDOM_SEED", "MDALGO", "NHC_NCHAINS",
        "NHC_PERIOD", "SMASS",
    }  # fmt: skip
    structure = shipped_structure(kind, name)
    grouped = Structure.from_sites([structure[ion] for ion in inputs.grouped_order(structure)])
    grouped.remove_oxidation_states()
    inputs.write_md(grouped, md_job, vasp[1].settings, tmp_path / "ours", steps=7)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = sets.MPMDSet(grouped, start_temp=600, end_temp=600, nsteps=7, time_step=2, sort_structure=False)
        theirs.write_input(str(tmp_path / "theirs"), potcar_spec=True)
    ours, expected = (Incar.from_file(tmp_path / side / "INCAR") for side in ("ours", "theirs"))
    changed = {tag for tag in {*ours, *expected} if ours.get(tag) != expected.get(tag)}
    assert changed <= own, changed
    for file in ("POSCAR", "POTCAR.spec", "KPOINTS"):
        assert (tmp_path / "ours" / file).read_text() == (tmp_path / "theirs" / file).read_text(), file
