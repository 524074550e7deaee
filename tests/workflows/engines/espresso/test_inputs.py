"""Inputs of pw.x, and what they need."""

from pathlib import Path

import numpy as np
import pytest
from ase.io.espresso import read_espresso_in
from pymatgen.core import Structure

from ewald.errors import DependencyError
from screening.campaign.stages import RelaxationStage


def test_input_field_by_field(espresso, rocksalt: Structure, tmp_path: Path):
    from ase import Atoms

    from workflows.engines.espresso.inputs import write_input

    atoms = Atoms([s.specie.Z for s in rocksalt], rocksalt.cart_coords, cell=rocksalt.lattice.matrix, pbc=True)
    write_input(atoms, espresso[1].espresso, tmp_path)
    text = (tmp_path / "run.in").read_text()
    for line in (
        "calculation      = 'scf'", "tprnfor          = .true.", "tstress          = .true.",
        "ecutwfc          = 50", "conv_thr         = 1e-08", "K_POINTS automatic\n3 3 3  0 0 0", "Ca 40.078 Ca.upf",
    ):  # fmt: skip
        assert line in text
    with (tmp_path / "run.in").open() as file:
        assert np.allclose(read_espresso_in(file).positions, rocksalt.cart_coords)


def test_missing_pseudopotential_and_executable(espresso, rocksalt: Structure, tmp_path: Path):
    home, engine = espresso
    (home / "S.upf").unlink()
    with pytest.raises(DependencyError, match="no pseudopotential for S"):
        engine.relax(rocksalt, RelaxationStage(), tmp_path / "a", name="x")
    (home / "S.upf").write_text("stand-in")
    (home / "pw.x").unlink()
    with pytest.raises(DependencyError, match="executable not found"):
        engine.relax(rocksalt, RelaxationStage(), tmp_path / "b", name="x")
