"""`my_launchpad.yaml`: FireWorks' own connection file, written for a private server and read for the user's."""

from pathlib import Path
from typing import Any

import yaml

from ewald.errors import UserError
from ewald.files.atomic import write_atomic
from ewald.files.document import read_yaml
from workflows.database.server import ServerStatus

FILE_NAME = "my_launchpad.yaml"


def write_launchpad_file(path: Path, server: ServerStatus, name: str) -> Path:
    """Write the connection file that `lpad -l`, `rlaunch -l`, `mlaunch` and `qlaunch` read, with mode 0600.

    Parameters
    ----------
    path
        Where to write it.
    server
        The private server.
    name
        Name of the database.
    """
    # uri_mode ignores a database name in the URI, so it stands beside it.
    content = {"host": server.uri, "uri_mode": True, "name": name, "strm_lvl": "WARNING", "logdir": None}
    text = "# Connection of FireWorks' commands to this campaign's private server, for example:\n"
    text += f"#   lpad -l {FILE_NAME} get_wflows\n" + yaml.safe_dump(content, sort_keys=False)
    return write_atomic(path, text, mode=0o600)


def read_launchpad_file(path: Path) -> dict[str, Any]:
    """Read a connection file.

    Parameters
    ----------
    path
        FireWorks' `my_launchpad.yaml`.

    Raises
    ------
    UserError
        When it is missing, is not YAML or names no server. Its values are never repeated: they hold passwords.
    """
    content = read_yaml(path, UserError, fix="`lpad init` writes one", secret=True)
    if not isinstance(content.get("host"), str):
        raise UserError("names no host", file=path, field="host", fix="`lpad init` writes a complete one")
    return content


def default_launchpad_file() -> Path:
    """Return the connection file that FireWorks itself would use.

    Raises
    ------
    UserError
        When FireWorks finds none.
    """
    from fireworks.fw_config import LAUNCHPAD_LOC

    if LAUNCHPAD_LOC is None:
        raise UserError(
            "database.mode is launchpad, but no my_launchpad.yaml was found here or in ~/.fireworks",
            field="database.launchpad_file",
            fix="name the file there, or use database.mode: private",
        )
    return Path(LAUNCHPAD_LOC)
