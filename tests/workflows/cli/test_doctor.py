"""ionsieve doctor, and the version of both commands."""

import json
import subprocess
import sys

from ewald.version import __version__


def output(*words: str) -> str:
    return subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, check=True).stdout


def test_doctor_prints_json_and_says_that_the_installation_is_sound():
    found = json.loads(output("workflows.cli.main", "doctor", "--json"))
    assert (found["version"], found["sound"]) == (__version__, True)
    assert {"installation", "engine", "extra", "MPI", "database", "queue", "machine"} >= {
        finding["group"] for finding in found["findings"]
    }


def test_both_commands_print_their_version():
    assert output("workflows.cli.main", "--version") == f"ionsieve {__version__}\n"
    assert __version__ in output("ewald", "--version")
