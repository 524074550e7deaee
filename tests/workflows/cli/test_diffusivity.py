import json
import sys

import numpy as np
import pytest
import typer
from pymatgen.core import Lattice, Structure
from typer.testing import CliRunner

from ewald.errors import DependencyError, UserError
from tests.screening.transport.walks import lattice_walk, trajectory
from workflows.cli import diffusivity


@pytest.fixture
def app():
    application = typer.Typer()
    diffusivity.register(application)
    application.command("other")(lambda: None)  # typer drops the name of an only command
    return application


@pytest.fixture
def xyz(tmp_path):
    rng = np.random.default_rng(0)
    run = trajectory(rng, lattice_walk(rng, ions=20, frames=400, hops_per_ps=0.2, vibration_A=0.2))
    symbols = ["Na"] * 20 + ["P"] * 8 + ["S"] * 32
    cell = " ".join(str(x) for x in run.cell_A.ravel())
    with (tmp_path / "run.extxyz").open("w") as handle:
        for frame in run.positions_A:
            handle.write(f'{len(symbols)}\nLattice="{cell}" Properties=species:S:1:pos:R:3\n')
            handle.writelines(f"{s} {x:.6f} {y:.6f} {z:.6f}\n" for s, (x, y, z) in zip(symbols, frame, strict=True))
    return tmp_path / "run.extxyz"


def invoke(app, *words):
    return CliRunner().invoke(app, ["diffusivity", *map(str, words)], catch_exceptions=True)


def test_json_has_the_promised_keys(app, xyz):
    result = invoke(app, xyz, "--species", "Na", "--temperature", 600, "--timestep-fs", 2, "--every", 50, "--json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert list(document) == [
        "D_cm2_s", "tensor_cm2_s", "D_charge_cm2_s", "haven_ratio", "sigma_mS_cm", "charge_e", "verdict",
        "warnings",
    ]  # fmt: skip
    assert set(document["D_cm2_s"]) == set(document["sigma_mS_cm"]) == {"mean", "low95", "high95"}
    assert np.shape(document["tensor_cm2_s"]) == (3, 3)
    assert document["D_cm2_s"]["low95"] < 0.2 * 9 / 6 * 1e-4 < document["D_cm2_s"]["high95"]
    assert document["verdict"] == "pass"


def test_text_says_the_same(app, xyz):
    result = invoke(app, xyz, "--species", "Na", "--temperature", 600, "--timestep-fs", 2, "--every", 50, "--at", 300)
    assert result.exit_code == 0
    assert "tracer diffusivity" in result.stdout
    assert "undecided against 1 mS/cm" in result.stdout
    assert "run a second temperature" in result.stdout


@pytest.fixture
def cp2k(tmp_path):
    rng = np.random.default_rng(0)
    run = trajectory(rng, lattice_walk(rng, ions=20, frames=300, hops_per_ps=0.2, vibration_A=0.2))
    symbols = ["Na"] * 20 + ["P"] * 8 + ["S"] * 32
    with (tmp_path / "run-pos-1.xyz").open("w") as handle:
        for i, frame in enumerate(run.positions_A):
            handle.write(f"{len(symbols)}\n i = {i}, time = {i * 100.0:.3f}, E = {-1 + 1e-3 * (i % 5):.6f}\n")
            handle.writelines(f"{s} {x:.6f} {y:.6f} {z:.6f}\n" for s, (x, y, z) in zip(symbols, frame, strict=True))
    cell = Structure(Lattice(run.cell_A), symbols, run.positions_A[0], coords_are_cartesian=True)
    cell.to(str(tmp_path / "POSCAR"), fmt="poscar")
    return tmp_path / "run-pos-1.xyz"


def test_positions_of_cp2k_take_the_cell_of_a_structure(app, cp2k):
    words = ["--species", "Na", "--temperature", 600]
    result = invoke(app, cp2k, *words)
    assert isinstance(result.exception, UserError)
    assert "give --structure" in str(result.exception)
    result = invoke(app, cp2k, *words, "--structure", cp2k.with_name("POSCAR"), "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["verdict"] == "pass"
    for name, message in (("none.cif", "no such file"), ("run-pos-1.xyz", "cannot be read as a structure")):
        result = invoke(app, cp2k, *words, "--structure", cp2k.with_name(name))
        assert isinstance(result.exception, UserError)
        assert message in str(result.exception)
        assert "\n" not in str(result.exception)


def test_kinisi_gives_the_same_keys(app, xyz):
    words = ["--species", "Na", "--temperature", 600, "--timestep-fs", 2, "--every", 50, "--json"]
    ours = json.loads(invoke(app, xyz, *words).stdout)
    theirs = json.loads(invoke(app, xyz, *words, "--estimator", "kinisi").stdout)
    assert list(theirs) == list(ours)
    assert theirs["D_cm2_s"] != ours["D_cm2_s"]
    assert theirs["D_cm2_s"]["low95"] < 0.2 * 9 / 6 * 1e-4 < theirs["D_cm2_s"]["high95"]


def test_kinisi_without_its_extra_is_told_before_the_trajectory_is_read(app, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipp", None)
    words = ["--species", "Na", "--temperature", 600, "--timestep-fs", 2, "--estimator", "kinisi"]
    result = invoke(app, tmp_path / "none.xyz", *words)
    assert isinstance(result.exception, DependencyError)
    assert "estimator = 'kinisi': kinisi is not installed" in str(result.exception)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--species", "Li", "--temperature", 600, "--timestep-fs", 2, "--every", 50], "choose one of Na, P, S"),
        (["--species", "Na", "--temperature", -5, "--timestep-fs", 2, "--every", 50], "positive kelvin"),
        (["--species", "Na", "--temperature", 600], "timestep-fs"),
        (["--species", "Na", "--temperature", 600, "--timestep-fs", 2], "give --every"),
        (["--species", "Na", "--temperature", 600, "--timestep-fs", 2, "--threshold", -1], "threshold"),
        (["--species", "Na", "--temperature", 600, "--timestep-fs", 2, "--at", -1], "at"),
        (["--species", "Na", "--temperature", 600, "--timestep-fs", 2, "--estimator", "ols"], "'gls' or 'kinisi'"),
        (["--species", "Na", "--temperature", 600, "--timestep-fs", -2], "must be positive"),
    ],
)
def test_mistakes_are_user_errors(app, xyz, words, message):
    result = invoke(app, xyz, *words)
    assert isinstance(result.exception, UserError)
    assert message in str(result.exception)
