"""How LAMMPS is started."""

from pathlib import Path

import pytest

from ewald.errors import DependencyError
from workflows.engines.lammps.launch import Launcher
from workflows.engines.lammps.settings import LammpsSettings


def test_what_is_no_lammps_is_told(settings: LammpsSettings, tmp_path: Path):
    with pytest.raises(DependencyError, match="executable not found"):
        _ = Launcher(settings.model_copy(update={"executable": "no-such-lmp"})).version
    with pytest.raises(DependencyError, match="does not answer -h like LAMMPS"):
        _ = Launcher(settings.model_copy(update={"executable": "true"})).version


def test_the_command_and_its_surroundings(settings: LammpsSettings, tmp_path: Path):
    program = tmp_path / "lmp"
    program.write_text("#!/bin/sh\necho 'Large-scale Atomic/Molecular Massively Parallel Simulator - 22 Jul 2025'\n")
    program.chmod(0o700)
    chosen = {"executable": str(program), "command_line_flags": ("-sf", "omp"), "threads": 4, "ranks": 2}
    launcher = Launcher(settings.model_copy(update={**chosen, "launcher": ("/bin/true", "-n", "2")}))
    assert launcher.version == "22 Jul 2025"
    assert launcher.command("-log", "x")[:6] == ["/bin/true", "-n", "2", str(program), "-sf", "omp"]
    assert launcher.environment(tmp_path)["OMP_NUM_THREADS"] == "4"
    assert launcher.environment(tmp_path)["LAMMPS_POTENTIALS"] == str(tmp_path)
    assert launcher.cores == 8
