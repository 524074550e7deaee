"""The recipes install what pyproject.toml asks for, from files that are there."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "packaging"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RECIPES = ("Dockerfile", "ionsieve.def")


def test_the_conda_environment_holds_every_requirement_of_the_base():
    listed = yaml.safe_load((FOLDER / "environment.yml").read_text())["dependencies"]
    from_pip = next(entry["pip"] for entry in listed if isinstance(entry, dict))
    assert set(PYPROJECT["project"]["dependencies"]) <= {*from_pip, *(e for e in listed if isinstance(e, str))}
    oldest = PYPROJECT["project"]["requires-python"].removeprefix(">=")
    assert f"python={oldest}" in listed


@pytest.mark.parametrize("name", RECIPES)
def test_everything_that_the_wheel_is_made_of_is_copied(name):
    text = (FOLDER / name).read_text()
    copied = {word for word in re.findall(r"[\w./-]+", text) if (ROOT / word).exists() and not word.startswith("/")}
    wheel = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["packages"], *wheel["force-include"], "pyproject.toml", "constraints.txt", "README.md", "LICENSE"}
    assert needed <= copied


@pytest.mark.parametrize("name", RECIPES)
def test_the_extras_exist(name):
    (extras,) = re.findall(r"'\.\[([\w,]+)\]'", (FOLDER / name).read_text())
    assert set(extras.split(",")) <= PYPROJECT["project"]["optional-dependencies"].keys()
