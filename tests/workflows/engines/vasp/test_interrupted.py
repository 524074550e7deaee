"""A relaxation that was stopped goes on from its last step."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from pymatgen.core import Structure
from pymatgen.io.vasp import Incar, Poscar

from screening.campaign.stages import RelaxationStage
from workflows.engines.errors import EngineError, FailureReason

STAGE = RelaxationStage(force_eV_A=0.02, stress_GPa=0.5)


def test_a_stopped_relaxation_goes_on_from_its_last_step(vasp, rocksalt, tmp_path: Path):
    home, engine = vasp
    stage = STAGE.model_copy(update={"prerelax_force_eV_A": None})
    folder, aside = tmp_path / "relax", tmp_path / "relax/00-tight.stopped-00"
    (home / "fail-hangs").touch()
    threading.Thread(target=_end_after_the_first_step, args=(folder / "00-tight/OSZICAR",)).start()
    with pytest.raises(EngineError, match="resumes from the last step") as caught:
        engine.relax(rocksalt, stage, folder, name="CaS")
    assert caught.value.reason is FailureReason.STOPPED
    spent = engine.core_seconds
    relaxed = engine.relax(rocksalt, stage, folder, name="CaS")
    assert Poscar.from_file(folder / "00-tight/POSCAR").structure == Structure.from_file(aside / "CONTCAR")
    assert Incar.from_file(folder / "00-tight/INCAR")["NSW"] == stage.max_steps - 1
    assert relaxed.converged
    # The stand-in grows the cell by 1 % at every step: five in all, one before the stop and four after it.
    assert relaxed.steps == 5
    assert relaxed.volume_change == pytest.approx(1.01**5 - 1, abs=1e-4)
    # One engine serves many candidates: the core hours of one are not those of all before it.
    assert relaxed.core_seconds == pytest.approx(engine.core_seconds - spent)


def _end_after_the_first_step(oszicar: Path) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and not (oszicar.exists() and "F=" in oszicar.read_text()):
        time.sleep(0.1)
    time.sleep(0.5)  # CONTCAR follows
    os.kill(os.getpid(), signal.SIGTERM)
