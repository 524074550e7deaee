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


def changes(root: Path = ROOT) -> list[str] | None:
    """Return the files that differ from the base of the work; None where it has none, or git cannot say."""
    base = os.environ.get("IONSIEVE_BASE") or base_of_work(root)
    listed = None if base is None else _git(root, "diff", "--name-only", base, "--")
    return None if listed is None else listed.split("\n")[:-1]


def base_of_work(root: Path) -> str | None:
    """Return the commit where HEAD left the remote's main branch; None without one, or where all of it is there.

    All commits since then are one change: what the earlier ones of a push touched is tested with the last.
    """
    for branch in ("refs/remotes/origin/HEAD", "refs/remotes/origin/main"):
        base = _git(root, "merge-base", branch, "HEAD")
        if base is not None:
            return None if base == _git(root, "rev-parse", "HEAD") else base.strip()
    return None


def _git(root: Path, *words: str) -> str | None:
    """Return what git prints; None where it fails."""
    answer = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
    return answer.stdout if answer.returncode == 0 else None
