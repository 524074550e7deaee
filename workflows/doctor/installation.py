"""Whether IonSieve's own files are those that were installed, and which versions it works with.

Packages named `ewald` and `workflows` exist elsewhere, too. pip lets one distribution overwrite the files of another
without a word, so the files are compared with the checksums that pip noted.
"""

import base64
import hashlib
import importlib.metadata
import platform
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackagePath
from pathlib import Path

from ewald.numbers import first_few
from ewald.version import __version__
from workflows.doctor.finding import Finding, State

DISTRIBUTION = "ionsieve"
PACKAGES = ("ewald", "screening", "workflows")
_BASE = ("numpy", "scipy", "numba", "spglib", "pymatgen", "fireworks", "pymongo")
_AGAIN = "make a fresh virtual environment and install IonSieve alone, or first"
_GROUP = "installation"


def installation(distributions: Iterable[Distribution] | None = None) -> Iterator[Finding]:
    """Yield the versions of IonSieve, of Python and of the base packages, and whose files ours are.

    Parameters
    ----------
    distributions
        What is installed; asked of Python when left out.
    """
    installed = list(importlib.metadata.distributions() if distributions is None else distributions)
    root = Path(__file__).parents[2]
    yield Finding(_GROUP, "IonSieve", State.OK, f"{__version__} in {root}")
    yield Finding(_GROUP, "Python", State.OK, f"{platform.python_version()} on {platform.platform()}")
    yield from _ownership(installed)
    for name in _BASE:
        yield _version(name)


def _version(name: str) -> Finding:
    try:
        return Finding(_GROUP, name, State.OK, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(_GROUP, name, State.BROKEN, "not installed", "install IonSieve again, with its dependencies")


def _ownership(installed: list[Distribution]) -> Iterator[Finding]:
    """Yield one finding about our packages: whole, changed, or shared with another distribution."""
    others = sorted(
        {
            f"{distribution.metadata['Name']} {distribution.version} ({package})"
            for distribution in installed
            if _name(distribution) != DISTRIBUTION
            for package in _packages(distribution)
        }
    )
    ours = next((found for found in installed if _name(found) == DISTRIBUTION), None)
    changed = [] if ours is None else list(changed_files(ours))
    about = f"packages {', '.join(PACKAGES)}"
    if others:
        yield Finding(
            _GROUP,
            about,
            State.BROKEN,
            f"another distribution has packages of the same name: {', '.join(others)}",
            f"{_AGAIN} remove the other one",
        )
    elif changed:
        yield Finding(
            _GROUP,
            about,
            State.BROKEN,
            f"files differ from those that were installed: {first_few(changed, 3)}",
            "install IonSieve again (pip install --force-reinstall --no-deps with the same file)",
        )
    elif ours is None:
        yield Finding(
            _GROUP, about, State.NOT_SET_UP, "run from a folder, not installed", "pip install -e . in the folder"
        )
    elif ours.version != __version__:
        yield Finding(
            _GROUP,
            about,
            State.NOT_SET_UP,
            f"the files are of version {__version__}, the installed metadata say {ours.version}",
            "pip install -e . in the folder of the source, to note the present version",
        )
    else:
        yield Finding(_GROUP, about, State.OK, "IonSieve's own")


def _name(distribution: Distribution) -> str:
    return str(distribution.metadata["Name"] or "").lower()


def _packages(distribution: Distribution) -> list[str]:
    """Return which of our package names a distribution claims."""
    files = distribution.files or ()
    first = {file.parts[0] for file in files if file.suffix in {".py", ".so"} and len(file.parts) > 1}
    return [package for package in PACKAGES if package in first]


def changed_files(distribution: Distribution) -> Iterator[str]:
    """Yield the files of our packages that are gone, or differ from the checksum noted when they were installed."""
    for file in distribution.files or ():
        if file.parts[0] in PACKAGES and file.hash is not None and file.hash.mode == "sha256" and not _as_noted(file):
            yield str(file)


def _as_noted(file: PackagePath) -> bool:
    try:
        digest = hashlib.sha256(Path(str(file.locate())).read_bytes()).digest()
    except OSError:
        return False
    return file.hash is not None and base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == file.hash.value
