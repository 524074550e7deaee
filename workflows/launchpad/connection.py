"""Connections to the database of a campaign: which database, what its writes promise, its first indexes."""

import contextlib
from pathlib import Path
from typing import Any

from fireworks import LaunchPad
from pymongo.errors import PyMongoError

from ewald.errors import UserError
from screening.campaign.execution import DatabaseChoice
from workflows.database.launchpad_file import (
    FILE_NAME,
    default_launchpad_file,
    read_launchpad_file,
    write_launchpad_file,
)
from workflows.database.server import PrivateServer
from workflows.launchpad import patches
from workflows.launchpad.launchpad import CampaignLaunchPad
from workflows.launchpad.queries import URGENT
from workflows.launchpad.refusals import refusal, refuse_content

_CONNECT_TIMEOUT_S = 10.0
_RIDE_OUT_S = 120.0

#: Indexes in the order in which Fireworks are taken, of any campaign and of one; without them a claim reads everything
#: that is ready.
_CLAIMS = (
    [("state", 1), *URGENT],
    [("spec.campaign", 1), ("spec.revision", 1), ("state", 1), *URGENT],
)

#: A write counts when it is in the server's journal, so that a server which is killed forgets nothing that others went
#: on from. And pymongo repeats no write of its own accord: after a broken connection it would repeat the last of a row
#: whose first ones the server has forgotten, or number it, which a single server refuses for good.
SAFE_WRITES = {"journal": True, "retryWrites": False}


def open_launchpad(
    choice: DatabaseChoice, folder: Path, *, start: bool = True, timeout_s: float = _RIDE_OUT_S
) -> LaunchPad:
    """Return the LaunchPad of a campaign, starting its private server where it is configured for one.

    Parameters
    ----------
    choice
        Which database.
    folder
        The campaign's folder, which holds the private server.
    start
        Start the private server when it does not run.
    timeout_s
        How long later operations wait for a database that went away.

    Raises
    ------
    UserError
        When the database cannot be reached; the line never repeats a password.
    """
    patches.install()
    if choice.mode == "private":
        content = _private(choice, folder, start=start)
    else:
        path = Path(choice.launchpad_file).expanduser() if choice.launchpad_file else default_launchpad_file()
        content = read_launchpad_file(path)
    return connect(content, timeout_s=timeout_s)


def private_server(folder: Path) -> PrivateServer:
    """Return the private server of a campaign's folder.

    Parameters
    ----------
    folder
        Folder of the campaign; the server's files are in `database` below it.
    """
    return PrivateServer(folder / "database")


def _private(choice: DatabaseChoice, folder: Path, *, start: bool) -> dict[str, Any]:
    server = private_server(folder)
    status = server.start() if start else server.status()
    if not status.running:
        raise UserError("the campaign's private database does not run", file=folder, fix="ionsieve db start")
    return read_launchpad_file(write_launchpad_file(folder / FILE_NAME, status, choice.name))


def connect_private(server: PrivateServer, file: Path, name: str) -> LaunchPad:
    """Start a private server unless it runs, write its connection file and connect.

    Parameters
    ----------
    server
        The server.
    file
        Where its `my_launchpad.yaml` is written.
    name
        Name of the database.
    """
    return connect(read_launchpad_file(write_launchpad_file(file, server.start(), name)))


def connect(content: dict[str, Any], *, timeout_s: float = _RIDE_OUT_S) -> LaunchPad:
    """Connect with the values of a `my_launchpad.yaml`.

    What stands in `host` or `mongoclient_kwargs` comes before :data:`SAFE_WRITES`: replica sets may want `retryWrites`.

    Parameters
    ----------
    content
        Keys and values of the file.
    timeout_s
        How long an operation waits for a server that is away.

    Raises
    ------
    UserError
        When the server does not answer within ten seconds, or refuses; the line names the cause.
    """
    refuse_content(content)
    patches.install()
    options = dict(content.get("mongoclient_kwargs") or {})
    options.setdefault("serverSelectionTimeoutMS", int(1000 * timeout_s))
    given = str(content.get("host", "")).lower()
    for name, value in SAFE_WRITES.items():
        if f"{name.lower()}=" not in given:
            options.setdefault(name, value)
    arguments = {
        key: content.get(key)
        for key in ("host", "port", "name", "username", "password", "logdir", "authsource")
        if content.get(key) is not None
    }
    try:
        launchpad = CampaignLaunchPad(
            **arguments, uri_mode=bool(content.get("uri_mode")), strm_lvl="ERROR", mongoclient_kwargs=options
        )
        _ping(launchpad, options)
    except (PyMongoError, ValueError, TypeError) as error:
        raise refusal(error) from None
    launchpad.settings = dict(content)  # type: ignore[misc]
    return launchpad


def _ping(launchpad: LaunchPad, options: dict[str, Any]) -> None:
    import pymongo

    with pymongo.timeout(min(_CONNECT_TIMEOUT_S, options["serverSelectionTimeoutMS"] / 1000)):
        launchpad.db.command("ping")


def _name_of(keys: list[tuple[str, int]]) -> str:
    """Return the name that MongoDB gives an index."""
    return "_".join(f"{field}_{direction}" for field, direction in keys)


def prepare(launchpad: LaunchPad) -> None:
    """Make FireWorks' counters and indexes on a new database; nothing that is there is touched.

    Parameters
    ----------
    launchpad
        Connection to the database.
    """
    from pymongo.errors import DuplicateKeyError

    if launchpad.fw_id_assigner.find_one({"_id": -1}, {"_id": 1}) is None:
        # Another process may prepare the same database at this moment.
        with contextlib.suppress(DuplicateKeyError):
            launchpad.fw_id_assigner.insert_one({"_id": -1, "next_fw_id": 1, "next_launch_id": 1})
    known = launchpad.fireworks.index_information()
    if not set(map(_name_of, _CLAIMS)) <= known.keys():
        launchpad.tuneup()
        for keys in _CLAIMS:
            launchpad.fireworks.create_index(keys)
        launchpad.fireworks.create_index([("spec.campaign", 1), ("spec.revision", 1), ("spec.key", 1)])
        launchpad.workflows.create_index([("metadata.campaign", 1), ("metadata.revision", 1), ("state", 1)])
        launchpad.workflows.create_index(
            "metadata.key", unique=True, partialFilterExpression={"metadata.key": {"$exists": True}}
        )
