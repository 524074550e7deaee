"""Compares the pinned versions with a folder of advisories (the OSV format of the Python Packaging Advisory Database).

    python scripts/offline_advisories.py FOLDER [--constraints constraints.txt]

For machines that the advisory service cannot be reached from: FOLDER is a copy of the database, whose files are at
`vulns/PACKAGE/ID.yaml`. Says how new the newest advisory is, for what came later is not in it; exit code 1 when a
pinned version is affected.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version


def pinned(constraints: Path) -> dict[str, Version]:
    """Return the version of each package that the constraints pin."""
    found = {}
    for line in constraints.read_text(encoding="utf-8").splitlines():
        text = line.split("#")[0].strip()
        if text:
            requirement = Requirement(text)
            (pin,) = requirement.specifier
            found[canonicalize_name(requirement.name)] = Version(pin.version)
    return found


def advisories(folder: Path) -> dict[str, list[Path]]:
    """Return the files of the advisories on each package."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("vulns/*/*.yaml")):
        found.setdefault(canonicalize_name(path.parent.name), []).append(path)
    return found


def affects(advisory: dict[str, Any], name: str, version: Version) -> bool:
    """Whether an advisory names a version of a package, one by one or in a range."""
    for affected in advisory.get("affected", []):
        if canonicalize_name(affected.get("package", {}).get("name", "")) != name:
            continue
        if any(_same(text, version) for text in affected.get("versions", [])):
            return True
        ranges = (item["events"] for item in affected.get("ranges", []) if item["type"] == "ECOSYSTEM")
        if any(_within(events, version) for events in ranges):
            return True
    return False


def _version(text: object) -> Version:
    """Read a version; some advisories write a local part behind a hyphen (`2.6.0-cu124`)."""
    try:
        return Version(str(text))
    except InvalidVersion:
        return Version(str(text).replace("-", "+", 1))


def _same(text: object, version: Version) -> bool:
    try:
        return _version(text) == version
    except InvalidVersion:
        return False


def _within(events: list[dict[str, Any]], version: Version) -> bool:
    """Follow the events in the order of their versions, as the OSV format defines it."""
    inside = False
    for at, kind in sorted((_version(text), kind) for event in events for kind, text in event.items()):
        if kind == "introduced" and version >= at:
            inside = True
        elif (kind == "fixed" and version >= at) or (kind == "last_affected" and version > at):
            inside = False
    return inside


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--constraints", type=Path, default=Path("constraints.txt"))
    arguments = parser.parse_args()
    versions = pinned(arguments.constraints)
    files = advisories(arguments.folder)
    if not files:
        sys.exit(f"{arguments.folder} holds no advisories at vulns/PACKAGE/ID.yaml")
    looked_at, newest, found = 0, "", []
    for name in sorted(files.keys() & versions.keys()):
        for path in files[name]:
            advisory = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
            looked_at += 1
            newest = max(newest, str(advisory.get("published", "")))
            if "withdrawn" not in advisory and affects(advisory, name, versions[name]):
                found.append(f"{name} {versions[name]}: {advisory['id']} ({', '.join(advisory.get('aliases', []))})")
    print(
        f"{looked_at} of {sum(map(len, files.values()))} advisories are on pinned packages, the newest of {newest[:10]}"
    )
    print("\n".join(found) or f"none of the {len(versions)} pinned versions is affected")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
