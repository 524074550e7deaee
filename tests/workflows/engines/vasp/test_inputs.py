"""VASP's inputs, field by field."""

from pathlib import Path

import numpy as np
from pymatgen.core import Structure
from pymatgen.io.vasp import Incar, Kpoints, Poscar

from screening.campaign.stages import RelaxationStage
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
