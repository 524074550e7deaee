"""Which tests of slow external programs a change calls for: those whose folders it touches."""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Test file -> folders and files whose changes call for it, beside the test itself. What is not listed always runs.
FOLDERS = {
    "test_cp2k.py": ("workflows/engines", "workflows/process", "configs/engines"),
    "test_espresso.py": ("workflows/engines", "workflows/process", "configs/engines"),
    "test_gpaw.py": ("workflows/engines", "workflows/process", "configs/engines"),
    "test_lammps.py": ("workflows/engines", "workflows/process", "configs/engines"),
    "test_slurm.py": ("workflows/launchpad", "workflows/process", "workflows/recovery", "configs/clusters"),
    "test_slurm_campaign.py": ("workflows", "configs"),
    "test_slurm_incidents.py": ("workflows", "configs"),
    "test_lattice_programs.py": ("ewald", "screening/plan"),
    "test_pairs_lammps.py": ("ewald",),
}
#: Changes that call for everything.
EVERYWHERE = ("pyproject.toml", "constraints.txt", "tests/conftest.py", "tests/external/conftest.py", "scripts")


def wanted(file: str, changed: Iterable[str] | None) -> bool:
    """Return whether a test file is to run; None for changes that are not known, which call for everything."""
    if changed is None or file not in FOLDERS:
        return True
    watched = (*FOLDERS[file], *EVERYWHERE, f"tests/external/{file}")
    return any(path == place or path.startswith(f"{place}/") for path in changed for place in watched)


def changes() -> list[str] | None:
    """Return the files that differ from IONSIEVE_BASE, or from the commit before; None where git cannot say."""
    base = os.environ.get("IONSIEVE_BASE", "HEAD^")
    answer = subprocess.run(
        ["git", "diff", "--name-only", base, "--"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return answer.stdout.split("\n")[:-1] if answer.returncode == 0 else None
