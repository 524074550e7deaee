"""The structure given beside a trajectory."""

import gzip

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from ewald.errors import StructureError, UserError
from screening.trajectory.formats.hints import Elements
from screening.trajectory.reference import read_reference
from tests.screening.trajectory.formats.runs import argyrodite, images_of_ase
from tests.screening.trajectory.formats.written import lammps_data


def test_files_and_objects(tmp_path):
    from ase.io import write

    run = argyrodite(2)
    poscar = run.poscar(tmp_path / "POSCAR")
    atoms = images_of_ase(run)[0]
    (tmp_path / "POSCAR.gz").write_bytes(gzip.compress(poscar.read_bytes()))
    write(tmp_path / "a.pdb", atoms)
    data = lammps_data(run, tmp_path / "dump")["structure"]
    structure = Structure.from_file(poscar)
    for given in (poscar, atoms, structure, tmp_path / "POSCAR.gz", data, tmp_path / "a.pdb"):
        found = read_reference(given, Elements())
        np.testing.assert_array_equal(found.numbers, atoms.numbers)
        np.testing.assert_allclose(found.cell_A, run.cell_A, atol=1e-6)


def test_what_cannot_serve(tmp_path):
    disordered = Structure(Lattice.cubic(4), [{"Li": 0.5, "Na": 0.5}], [[0, 0, 0]])
    with pytest.raises(StructureError, match="partly occupied"):
        read_reference(disordered, Elements())
    (tmp_path / "a.xyz").write_text("1\n\nLi 0 0 0\n")
    with pytest.raises(StructureError, match="the XYZ file has no cell"):
        read_reference(tmp_path / "a.xyz", Elements())
    with pytest.raises(UserError, match="no such file"):
        read_reference(tmp_path / "none", Elements())
