"""The command `ionsieve mechanism`."""

import json

import pytest
import typer
from typer.testing import CliRunner

from ewald.errors import UserError
from tests.screening.mechanism.hopping import hopping
from workflows.cli.trajectory import mechanism
from workflows.shipped import finished_campaign


@pytest.fixture(scope="module")
def app():
    application = typer.Typer()
    mechanism.register(application)
    application.command("other")(lambda: None)  # typer drops the name of an only command
    return application


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    run, _ = hopping(frames=1500, seed=5)
    path = tmp_path_factory.mktemp("run") / "run.xyz"
    symbols = ["Li"] * 9 + ["S"] * 27
    with path.open("w") as handle:
        for i, frame in enumerate(run.positions_A):
            handle.write(f'36\nTime={100 * i} Lattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3\n')
            handle.writelines(f"{s} {x:.5f} {y:.5f} {z:.5f}\n" for s, (x, y, z) in zip(symbols, frame, strict=True))
    return path


def invoke(app, *words):
    return CliRunner().invoke(app, ["mechanism", *map(str, words), "--species", "Li", "--temperature", "500"])


def test_text_json_and_density(app, file, tmp_path):
    result = invoke(app, file, "--density", tmp_path / "li.cube")
    assert result.exit_code == 0, result.exception
    assert "3-dimensional" in result.stdout
    assert "of 3.0" in result.stdout
    assert (tmp_path / "li.cube").stat().st_size > 10_000
    document = json.loads(invoke(app, file, "--json").stdout)
    assert document["dimensions"] == 3
    assert {"sites", "rates", "jump_types", "networks", "attempt_frequency_THz"} <= document.keys()


def test_the_picture_and_what_belongs_to_it(app, file, tmp_path):
    result = invoke(app, file, "--plot", tmp_path / "li.png")
    assert result.exit_code == 0, result.exception
    assert (tmp_path / "li.png").read_bytes().startswith(b"\x89PNG")
    for word in ("neighbours", "S at 2.", "host", "along a", "along c"):
        assert word in result.stdout
    document = json.loads(invoke(app, file, "--json").stdout)
    assert {tuple(one["elements"]) for one in document["radial"]} == {("Li", "Li"), ("Li", "S"), ("S", "S")}
    assert [one["element"] for one in document["elements"]] == ["Li", "S"]
    assert len(document["van_hove"]["self_per_A"]) == len(document["van_hove"]["lag_ps"]) == 5


def test_a_candidate_of_a_finished_campaign(app):
    words = ["mechanism", str(finished_campaign()), "Na3SbS4-W0.125-vac_a1"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.exception
    assert result.stdout.startswith("Na+ at 700 K: 46 ions")
    assert "Sb" in result.stdout
    result = CliRunner().invoke(app, [*words, "--temperature", "300"])
    assert "there are 700 K" in str(result.exception)
    result = CliRunner().invoke(app, [*words[:2], "Na3SbS4-W0.125-vac_a"])
    assert "did you mean Na3SbS4-W0.125-vac_a" in str(result.exception)
    result = CliRunner().invoke(app, words[:2])
    assert "give --species" in str(result.exception)


def test_mistakes(app, file, tmp_path):
    result = invoke(app, file, "--density", tmp_path / "li.txt")
    assert isinstance(result.exception, UserError)
    result = invoke(app, file, "--plot", tmp_path / "li.txt")
    assert isinstance(result.exception, UserError)
    result = CliRunner().invoke(app, ["mechanism", str(file), "--species", "Li"])
    assert "give --temperature" in str(result.exception)
    result = invoke(app, file, "--sites", tmp_path / "none.cif")
    assert isinstance(result.exception, UserError)
