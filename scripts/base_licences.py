"""Lists the licences of what an installation without extras brings, and fails when one of them is copyleft."""

import json
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

COPYLEFT = re.compile(
    r"\bA?GPL|\bLGPL|General Public Licen[sc]e|\bSSPL|Server Side Public|\bEUPL|\bCDDL", re.IGNORECASE
)
WEAK = re.compile(r"\bMPL|Mozilla Public", re.IGNORECASE)
#: Packages whose metadata offer a choice of licences, or name none: the one that is used, and why.
CHOSEN = {
    "bibtexparser": "BSD (offered as LGPLv3 or BSD)",
    "dynesty": "MIT (in its licence file only)",
}


def base_packages() -> list[str]:
    """Return the names of the base install's packages, all the way down, without extras."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    waiting = [Requirement(text) for text in project["dependencies"]]
    found: set[tuple[str, str]] = set()
    while waiting:
        requirement = waiting.pop()
        for extra in requirement.extras | {""}:
            key = (canonicalize_name(requirement.name), extra)
            if key in found:
                continue
            found.add(key)
            for text in metadata.requires(requirement.name) or []:
                needed = Requirement(text)
                if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                    waiting.append(needed)
    return sorted({name for name, _ in found})


def licences(program: str, names: list[str]) -> dict[str, str]:
    """Ask pip-licenses; returns licence by package."""
    command = [program, "--python", sys.executable, "--from=mixed", "--format=json", "--with-system"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    known = {canonicalize_name(row["Name"]): row["License"] for row in json.loads(done.stdout)}
    return {name: known.get(name, "UNKNOWN") for name in names}


def main() -> int:
    """Print the table; 1 when a licence is copyleft or unknown."""
    bad = []
    for name, licence in licences(sys.argv[1], base_packages()).items():
        said = CHOSEN.get(name, " ".join(licence.split()))
        if name not in CHOSEN and (COPYLEFT.search(said) or said == "UNKNOWN"):
            bad.append(name)
        note = " (file-level copyleft: unchanged use is free)" if WEAK.search(said) else ""
        print(f"{name:28} {said[:80]}{note}{'   <-- not allowed' if name in bad else ''}")
    if bad:
        print(f"copyleft or unknown in the base install: {', '.join(bad)}", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
