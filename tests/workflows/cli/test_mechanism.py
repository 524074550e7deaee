"""The command `ionsieve mechanism`."""

import json

import pytest
import typer
from typer.testing import CliRunner

from ewald.errors import UserError
from tests.screening.mechanism.hopping import hopping
from workflows.cli import mechanism


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


def test_mistakes(app, file, tmp_path):
    result = invoke(app, file, "--density", tmp_path / "li.txt")
    assert isinstance(result.exception, UserError)
    result = invoke(app, file, "--sites", tmp_path / "none.cif")
    assert isinstance(result.exception, UserError)
