"""Damaged outputs of external codes: a reason in the engine's words, or a value; never another exception.

A code's output carries no checksum, so a flipped bit in a digit cannot be seen; but what was cut short is refused, or
gives the very numbers of the whole file.
"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from ewald.errors import UserError
from tests.chaos.damage import EXAMPLES, damaged_text
from tests.workflows.engines.cp2k.test_outputs import GOOD
from tests.workflows.engines.espresso.stand_in import answer
from tests.workflows.engines.vasp import stand_in as vasp_stand_in
from workflows.engines.cp2k import outputs as cp2k
from workflows.engines.errors import EngineError
from workflows.engines.espresso import outputs as espresso
from workflows.engines.vasp import outputs as vasp

SALT = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.69), ["Ca", "S"], [[0, 0, 0], [0.5, 0.5, 0.5]])


def espresso_output():
    from ase import Atoms
    from ase.io.espresso import write_espresso_in

    atoms = Atoms([site.specie.Z for site in SALT], SALT.cart_coords, cell=SALT.lattice.matrix, pbc=True)
    import io

    stream = io.StringIO()
    write_espresso_in(stream, atoms, pseudopotentials={"Ca": "Ca.upf", "S": "S.upf"})
    return answer(stream.getvalue()).encode()


def vasp_output():
    forces, stress = np.full((len(SALT), 3), 0.01), np.eye(3)
    calculations = [vasp_stand_in.xml_calculation(SALT, -32.0 - n, forces, stress) for n in range(2)]
    # One line would leave nothing to drop.
    return vasp_stand_in.xml_document({}, SALT, calculations).replace("><", ">\n<").encode()


ESPRESSO, VASP, CP2K = espresso_output(), vasp_output(), GOOD.encode()


def read_espresso(path):
    text = path.read_text(encoding="utf-8", errors="replace")
    espresso.check_output(text, version="6", source=path)
    found = espresso.read_results(text, source=path)
    return found["energy"], found["forces"], found["stress"]


def read_cp2k(path):
    text = path.read_text(encoding="utf-8", errors="replace")
    cp2k.check_output(text, ranks=1, source=path)
    point = cp2k.read_single_point(text, 2, source=path)
    return point.energy_eV, point.forces_eV_A, point.stress_GPa


def read_vasp(path):
    found = vasp.read_result(path.parent)
    return found.energy_eV, found.forces_eV_A, found.stress_GPa


READERS = [
    pytest.param(read_espresso, "run.log", ESPRESSO, id="espresso"),
    pytest.param(read_cp2k, "run.log", CP2K, id="cp2k"),
    pytest.param(read_vasp, "vasprun.xml", VASP, id="vasp"),
]


@pytest.mark.parametrize(("read", "name", "content"), READERS)
@EXAMPLES
@given(data=st.data())
def test_damaged_outputs(tmp_path, read, name, content, data):
    (tmp_path / name).write_bytes(damaged_text(content, data.draw))
    try:
        energy, forces, stress = read(tmp_path / name)
    except (EngineError, UserError):
        return
    assert math.isfinite(energy)
    assert np.isfinite(forces).all()
    assert np.isfinite(stress).all()


@pytest.mark.parametrize(("read", "name", "content"), READERS)
@EXAMPLES
@given(data=st.data())
def test_outputs_that_were_cut_give_no_wrong_number(tmp_path, read, name, content, data):
    (tmp_path / name).write_bytes(content)
    whole = read(tmp_path / name)
    (tmp_path / name).write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    try:
        found = read(tmp_path / name)
    except (EngineError, UserError):
        return
    assert all(np.array_equal(one, other) for one, other in zip(found, whole, strict=True))


def tables():
    """Files that MD with CP2K and VASP grows line by line, with what reads them."""
    xyz = "".join(
        f"       2\n i = {step:8d}, time = {step:12.3f}, E = -1.5\n  Na  {step / 7:.10f} 0.5 0.25\n  S  1.0 2.0 3.0\n"
        for step in range(6)
    )
    energies = "# step time\n" + "".join(f"{n:8d} {n:.3f} 0.001 {300 + n:.2f} -1.5 -1.4 0.2\n" for n in range(6))
    cells = "# step time cell\n" + "".join(f"{n:8d} {n:.3f} 5 0 0 0 5 0 0 0 5 125.{n}\n" for n in range(6))
    oszicar = "".join(f"{n:7d} T=  {600 + n:.1f} E= -.50E+02 F= -.55E+02 E0= -.55E+02\n" for n in range(1, 7))
    xdatcar = "".join(f"Direct configuration= {n:5d}\n 0.1 0.{n} 0.3\n 0.5 0.5 0.{n}\n" for n in range(1, 7))
    return [
        pytest.param(lambda path: cp2k.read_frames(path, 2), "IonSieve-pos-1.xyz", xyz, id="cp2k-frames"),
        pytest.param(cp2k.read_energies, "IonSieve-1.ener", energies, id="cp2k-energies"),
        pytest.param(cp2k.read_cells, "IonSieve-1.cell", cells, id="cp2k-cells"),
        pytest.param(lambda path: dict(enumerate(vasp.read_energies(path.parent))), "OSZICAR", oszicar, id="oszicar"),
        pytest.param(
            lambda path: dict(enumerate(vasp.read_configurations(path.parent, 2))), "XDATCAR", xdatcar, id="xdatcar"
        ),
    ]


@pytest.mark.parametrize(("read", "name", "text"), tables())
@EXAMPLES
@given(data=st.data())
def test_growing_files(tmp_path, read, name, text, data):
    """Cut anywhere, such a file gives the beginning of the whole one; damaged otherwise, it raises nothing unknown."""
    path = tmp_path / name
    path.write_text(text)
    whole = read(path)
    assert len(whole) == 6
    path.write_bytes(text.encode()[: data.draw(st.integers(0, len(text) - 1))])
    try:
        found = read(path)
        assert all(np.array_equal(found[step], whole[step]) for step in found)
    except EngineError:
        pass
    path.write_bytes(damaged_text(text.encode(), data.draw))
    try:
        read(path)
    except EngineError:
        return


@EXAMPLES
@given(data=st.data())
def test_restart_files(tmp_path, data):
    """CP2K's restart and VASP's CONTCAR: a step and a text, or nothing."""
    from pymatgen.io.vasp import Poscar

    restart = " &MOTION\n   &MD\n     STEP_START_VAL 40\n   &END MD\n &END MOTION\n &FORCE_EVAL\n &END FORCE_EVAL\n"
    (tmp_path / "IonSieve-1.restart").write_bytes(damaged_text(restart.encode(), data.draw))
    step = cp2k.restart_step(tmp_path / "IonSieve-1.restart")
    assert step is None or step >= 0
    moving = Poscar(SALT, velocities=np.full((len(SALT), 3), 0.01).tolist()).get_str()
    (tmp_path / "CONTCAR").write_bytes(damaged_text(moving.encode(), data.draw))
    found = vasp.continuation(tmp_path, [np.array(SALT.frac_coords)])
    assert found is None or found[1] in {0, 1}
