"""What must hold after any storm: the same results as in calm weather, each once, and nothing left over."""

import json
from collections import Counter
from pathlib import Path

from tests.chaos.guests import ANOTHER_RELEASE
from workflows.launchpad import connect_private, private_server


def differences(found, expected, *, most=8):
    """Where two texts of :func:`science` differ, in words, for the message of a failed test."""
    lines = []

    def compare(a, b, where):
        if isinstance(a, dict) and isinstance(b, dict):
            for key in sorted(a.keys() | b.keys()):
                compare(a.get(key), b.get(key), f"{where}.{key}")
        elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
            for number, (one, other) in enumerate(zip(a, b, strict=True)):
                compare(one, other, f"{where}[{number}]")
        elif a != b:
            lines.append(f"{where}: {str(a)[:300]} instead of {str(b)[:300]}")

    compare(json.loads(found), json.loads(expected), "")
    return lines[:most]


def check_campaign(folder: Path, code: Path):
    """Check that every subject has one result per stage, and that no Firework, launch, lock or process is left over.

    Parameters
    ----------
    code
        Folder of the external code.
    """
    server = private_server(folder)
    launchpad = connect_private(server, folder / "my_launchpad.yaml", "ionsieve")
    try:
        _check_results(launchpad.db)
        _check_fireworks(launchpad)
    finally:
        launchpad.connection.close()
    assert workers_in(folder) == []
    assert processes_of(code) == []


def _check_results(database):
    rows = list(database.ionsieve_results.find({}, {"stage": 1, "subject": 1, "superseded": 1}))
    assert rows
    repeated = {key: n for key, n in Counter((row["stage"], row["subject"]) for row in rows).items() if n > 1}
    assert repeated == {}
    assert not any(row["superseded"] for row in rows)
    decided = Counter((row["stage"], row["subject"]) for row in database.ionsieve_decisions.find({"superseded": False}))
    assert set(decided.values()) == {1}
    assert list(database.ionsieve_failures.find({}, {"_id": 0})) == []


def _check_fireworks(launchpad):
    fireworks = list(launchpad.fireworks.find({}, {"fw_id": 1, "state": 1, "spec.key": 1}))
    assert Counter(row["state"] for row in fireworks) == {"COMPLETED": len(fireworks)}
    keys = Counter(row["spec"]["key"] for row in fireworks)
    assert {key: n for key, n in keys.items() if n > 1} == {}
    workflows = list(launchpad.workflows.find({}, {"nodes": 1, "locked": 1, "state": 1, "fw_states": 1}))
    assert not any("locked" in workflow for workflow in workflows)
    assert {workflow["state"] for workflow in workflows} == {"COMPLETED"}
    nodes = Counter(node for workflow in workflows for node in workflow["nodes"])
    assert nodes == Counter(row["fw_id"] for row in fireworks)
    assert launchpad.launches.count_documents({"state": {"$in": ["RUNNING", "RESERVED", "READY"]}}) == 0
    assert launchpad.launches.count_documents({"fworker.name": ANOTHER_RELEASE}) == 0


def workers_in(folder: Path):
    """Processes that still write in a folder, its database apart."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if str(entry.readlink()).startswith(str(folder / "logs")):
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found


def processes_of(code: Path):
    """Processes of the external code that still live."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if f"{code}/pw.x".encode() in entry.read_bytes().split(b"\0"):
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found
