"""An installed wheel works without the checkout: its configs and structures travel in it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Build a wheel and unpack it into a folder that stands for site-packages."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    target = folder / "site-packages"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    return target


def run(installed, tmp_path, *command):
    environment = os.environ | {"PYTHONPATH": str(installed)}
    return subprocess.run(
        [sys.executable, *command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )


def test_packages_come_from_the_wheel(installed, tmp_path):
    code = "import ewald, screening, workflows; print(ewald.__file__, screening.__file__, workflows.__file__)"
    places = run(installed, tmp_path, "-c", code).stdout.split()
    assert all(place.startswith(str(installed)) for place in places)


def test_shipped_campaign_is_planned_outside_the_checkout(installed, tmp_path):
    plan = run(installed, tmp_path, "-m", "workflows.cli.main", "plan", "quickstart", "--json")
    assert "Na3SbS4" in plan.stdout


def test_finished_campaign_is_found_outside_the_checkout(installed, tmp_path):
    code = (
        "from screening.record.record_file import read_record; from workflows.shipped import finished_campaign; "
        "print(finished_campaign(), read_record(finished_campaign()).campaign.name)"
    )
    assert run(installed, tmp_path, "-c", code).stdout.startswith(str(installed))
