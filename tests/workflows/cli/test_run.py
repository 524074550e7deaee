"""The commands that are given again and again start fast: they load nothing that they do not need."""

import subprocess
import sys

import pytest

from workflows.campaign.campaign_file import open_campaign
from workflows.operations.submit import submit

pytestmark = pytest.mark.mongod

HEAVY = {"pymatgen", "scipy", "spglib", "pandas", "matplotlib", "numba", "ase", "flask"}


def test_status_loads_no_science(launchpad, launchpad_file, campaign):
    path = campaign(database={"mode": "launchpad", "launchpad_file": str(launchpad_file)})
    submit(open_campaign(str(path)), launchpad)
    code = (
        "import atexit, sys\n"
        f"atexit.register(lambda: print('loaded:', sorted({HEAVY} & set(sys.modules))))\n"
        f"sys.argv = ['ionsieve', 'status', {str(path)!r}]\n"
        "from workflows.cli.main import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Ewald screen" in done.stdout
    assert done.stdout.splitlines()[-1] == "loaded: []"
