import json
import sys

import numpy as np
import pytest
import typer
from pymatgen.core import Lattice, Structure
from typer.testing import CliRunner

from ewald.errors import DependencyError, UserError
from tests.screening.transport.walks import lattice_walk, trajectory
from workflows.cli.trajectory import diffusivity


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
    assert list(document)[:8] == [
        "D_cm2_s", "tensor_cm2_s", "D_charge_cm2_s", "haven_ratio", "sigma_mS_cm", "charge_e", "verdict",
        "warnings",
    ]  # fmt: skip
    assert document["charge_e"] == 1
    assert document["mobile_ions"] == 20
    assert document["probability_above"] > 0.99
    assert document["hops_per_ion"] > 1
    assert document["length_ps"] == pytest.approx(39.9, abs=20)
    assert len(document["msd_A2"]) == len(document["msd_time_ps"]) > 20
    band = [document[name] for name in ("msd_low95_A2", "msd_A2", "msd_high95_A2")]
    assert all(low < middle < high for low, middle, high in zip(*band, strict=True))
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
    for name, message in (("none.cif", "no such file"), ("run-pos-1.xyz", "the XYZ file has no cell")):
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


def walk_file(path, *, hops_per_ps, seed, frames=500):
    rng = np.random.default_rng(seed)
    run = trajectory(rng, lattice_walk(rng, ions=20, frames=frames, hops_per_ps=hops_per_ps, vibration_A=0.2))
    symbols = ["Na"] * 20 + ["P"] * 8 + ["S"] * 32
    cell = " ".join(str(x) for x in run.cell_A.ravel())
    with path.open("w") as handle:
        for i, frame in enumerate(run.positions_A):
            handle.write(f'60\nTime={100 * i} Lattice="{cell}" Properties=species:S:1:pos:R:3\n')
            handle.writelines(f"{s} {x:.6f} {y:.6f} {z:.6f}\n" for s, (x, y, z) in zip(symbols, frame, strict=True))
    return path


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    """Walks of 0.25 eV: rates at three temperatures, two runs at the lowest."""
    folder = tmp_path_factory.mktemp("series")
    rate = {T: 0.4 * np.exp(-0.25 / 8.617333e-5 * (1 / T - 1 / 800)) * 800 / T * T / 800 for T in (500, 600, 800)}
    length = {500: 1500, 600: 500, 800: 500}
    files = [(T, walk_file(folder / f"{T}.xyz", hops_per_ps=rate[T], seed=T, frames=length[T])) for T in rate]
    files.append((500, walk_file(folder / "500b.xyz", hops_per_ps=rate[500], seed=1, frames=length[500])))
    return [word for T, path in files for word in ("--run", f"{T}:{path}")]


def test_several_temperatures_give_the_activation_energy_and_a_picture(app, series, tmp_path):
    picture = tmp_path / "a.png"
    result = invoke(app, *series, "--species", "Na", "--json", "--plot", picture)
    assert result.exit_code == 0, result.exception
    document = json.loads(result.stdout)
    assert [(run["temperature_K"], run["replicas"]) for run in document["runs"]] == [(500, 2), (600, 1), (800, 1)]
    # D is activated by 0.25 eV, and so is sigma T.
    ea = document["activation_energy_eV"]
    assert ea["low95"] < 0.25 < ea["high95"]
    assert ea["high95"] - ea["low95"] < 0.15
    assert document["sigma_300K_mS_cm"]["low95"] < document["sigma_300K_mS_cm"]["mean"]
    assert document["temperature_K"] == 300
    assert document["verdict"] == "pass"
    assert document["sigma_mS_cm"] == pytest.approx(document["sigma_300K_mS_cm"])
    assert picture.read_bytes().startswith(b"\x89PNG")
    text = invoke(app, *series, "--species", "Na").stdout
    assert "2 replicas" in text
    assert "activation energy" in text
    assert "conductivity, 300 K" in text


@pytest.fixture(scope="module")
def few_hops(tmp_path_factory):
    """About one hop of each ion: one of them went further than a cage is wide."""
    return walk_file(tmp_path_factory.mktemp("few") / "few.xyz", hops_per_ps=0.02, seed=2)


def test_a_run_that_gives_only_an_upper_bound_is_printed_as_one(app, few_hops, tmp_path):
    words = [few_hops, "--species", "Na", "--temperature", 600]
    document = json.loads(invoke(app, *words, "--json").stdout)
    for name in ("D_cm2_s", "sigma_mS_cm"):
        assert document[name]["mean"] is None
        assert document[name]["low95"] == 0 < document[name]["high95"]
        assert document[name]["bound"] == "long-range diffusion not established"
    assert document["tensor_cm2_s"] is document["haven_ratio"] is document["D_charge_cm2_s"] is None
    assert document["verdict"] == "undecided"
    assert document["probability_above"] is None
    text = invoke(app, *words, "--plot", tmp_path / "a.svg").stdout
    assert (
        f"< {document['sigma_mS_cm']['high95']:.3g} mS/cm (upper bound: long-range diffusion not established)" in text
    )
    assert "principal values  not known" in text
    assert "rule a candidate" not in text
    assert "the diffusivity is an upper bound" in text


def test_a_bound_is_no_point_of_the_line(app, series, few_hops, tmp_path):
    words = [*series, "--species", "Na", "--json"]
    with_bound = json.loads(invoke(app, *words, "--run", f"400:{few_hops}", "--plot", tmp_path / "b.png").stdout)
    assert with_bound["runs"][-1]["sigma_mS_cm"]["bound"] == "long-range diffusion not established"
    assert any("at 400 K only an upper bound is known" in warning for warning in with_bound["warnings"])
    # The conductivity at 300 K that is printed is the one that was judged.
    assert with_bound["sigma_mS_cm"] == pytest.approx(with_bound["sigma_300K_mS_cm"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "no trajectory was given"),
        (["--run", "hot:a.xyz"], "--run 600:FILE"),
        (["--run", "600"], "--run 600:FILE"),
        (["--run", "-5:a.xyz"], "--run 600:FILE"),
        (["--run", "600:a.xyz", "--run", "700:a.xyz"], "is given twice"),
        (["--run", "600:a.xyz", "--plot", "a.doc"], "is not a picture format"),
        (["--run", "600:a.xyz", "--plot", "/none/a.png"], "folder does not exist"),
        (["--run", "600:a.xyz", "--temperature", "600"], "no trajectory was given"),
        (["a.xyz"], "give --temperature"),
    ],
)
def test_mistakes_in_runs(app, words, message):
    result = invoke(app, *words, "--species", "Na")
    assert isinstance(result.exception, UserError)
    assert message in str(result.exception)
