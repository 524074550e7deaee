import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pymongo
import pytest
import yaml

from ewald.errors import UserError
from workflows.database.launchpad_file import write_launchpad_file
from workflows.database.server import PrivateServer
from workflows.process.files import MAX_SOCKET_FOLDER
from workflows.process.owner import start_ticks

pytestmark = pytest.mark.mongod


@pytest.fixture
def private(mongod_program, short_folder):
    return PrivateServer(short_folder / "database")


def ping(status):
    with pymongo.MongoClient(status.uri, serverSelectionTimeoutMS=3000) as client:
        return client.admin.command("ping")["ok"]


def test_starts_answers_and_stops(private):
    status = private.start()
    assert status.running
    assert ping(status) == 1
    assert private.stop() is True
    assert private.stop() is False
    assert not private.status().running


def test_nobody_else_can_reach_it(private):
    status = private.start()
    assert stat.S_IMODE(status.socket.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(private.folder.stat().st_mode) == 0o700
    inodes = {
        line.split()[9]
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{status.pid}/net/{table}").read_text().splitlines()[1:]
    }
    held = set()
    for entry in Path(f"/proc/{status.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # a file that the server closed meanwhile
            held.add(str(entry.readlink()).removeprefix("socket:[").removesuffix("]"))
    assert not inodes & held, "the server holds a TCP socket"


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to act as another user")
def test_another_user_is_refused(private):
    status = private.start()
    code = f"import socket; socket.socket(socket.AF_UNIX).connect({str(status.socket)!r})"
    done = subprocess.run(
        ["/usr/bin/env", "python3", "-c", code],
        user=65534,
        group=65534,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "PermissionError" in done.stderr


def test_starting_twice_finds_the_one_that_runs(private):
    assert private.start().pid == private.start().pid


def test_two_starters_at_once_get_one_server(private):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(PrivateServer(private.folder).start().pid)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1


def test_is_found_again_without_its_state_file(private):
    pid = private.start().pid
    (private.folder / "server.json").unlink()
    assert private.status().pid == pid


def test_killed_hard_it_comes_back_with_its_data(private):
    status = private.start()
    with pymongo.MongoClient(status.uri) as client:
        client.t.get_collection("c", write_concern=pymongo.WriteConcern(j=True)).insert_one({"_id": 7})
    os.kill(status.pid, signal.SIGKILL)
    while private.status().running:
        time.sleep(0.01)
    again = private.start()
    assert again.pid != status.pid
    with pymongo.MongoClient(again.uri) as client:
        assert client.t.c.count_documents({"_id": 7}) == 1


def test_a_reused_process_number_is_not_taken_for_the_server(private):
    private.start()
    private.stop()
    state = f'{{"pid": {os.getpid()}, "start": 1, "socket": "x"}}'
    (private.folder / "server.json").write_text(state)
    assert not private.status().running


def test_a_server_whose_folder_was_moved_is_started_anew_in_the_new_place(private, short_folder):
    before = private.start()
    with pymongo.MongoClient(before.uri) as client:
        client.db.things.insert_one({"kept": 1})
    private.folder.rename(short_folder / "moved")
    moved = PrivateServer(short_folder / "moved")
    assert moved.status().pid == before.pid
    after = moved.start()
    assert after.socket.parent.parent == moved.folder
    assert start_ticks(before.pid) is None
    with pymongo.MongoClient(after.uri, serverSelectionTimeoutMS=3000) as client:
        assert client.db.things.count_documents({"kept": 1}) == 1


def test_the_server_of_a_folder_that_was_copied_is_not_the_copys(private, short_folder):
    private.start()
    shutil.copytree(private.folder, short_folder / "copy", ignore=shutil.ignore_patterns("socket", "data"))
    copy = PrivateServer(short_folder / "copy")
    assert not copy.status().running
    assert copy.stop() is False
    assert private.status().running


def test_a_folder_may_be_named_by_a_link(private, short_folder):
    status = private.start()
    (short_folder / "link").symlink_to(short_folder)
    assert PrivateServer(short_folder / "link" / private.folder.name).start().pid == status.pid


def test_a_long_path_gets_a_short_private_socket(mongod_program, short_folder):
    deep = short_folder.joinpath(*["a-rather-long-folder-name"] * 5)
    private = PrivateServer(deep / "database")
    status = private.start()
    assert len(str(status.socket.parent)) <= MAX_SOCKET_FOLDER
    assert stat.S_IMODE(status.socket.parent.stat().st_mode) == 0o700
    assert ping(status) == 1
    private.stop()


def test_a_server_that_cannot_start_says_why(private):
    private.folder.mkdir()
    (private.folder / "data").write_text("in the way")
    with pytest.raises((UserError, FileExistsError)):
        private.start()


def test_connection_file_is_fireworks_own_and_private(private):
    status = private.start()
    path = write_launchpad_file(private.folder / "my_launchpad.yaml", status, "ionsieve")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert yaml.safe_load(path.read_text())["uri_mode"] is True
    lpad = [sys.executable, "-m", "fireworks.scripts.lpad_run", "-l", str(path), "get_wflows", "-d", "count"]
    done = subprocess.run(lpad, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "0", done.stderr


def test_a_socket_is_not_needed_to_ask_for_the_status(tmp_path):
    assert not PrivateServer(tmp_path / "none").status().running


def test_it_is_not_stopped_under_somebody_who_uses_it(private):
    status = private.start()
    with pymongo.MongoClient(status.uri) as client:
        client.admin.command("ping")
        assert private.stop_if_unused(wait_s=0.3) is False
        assert client.admin.command("ping")["ok"] == 1
    assert private.stop_if_unused() is True
    assert not private.status().running
    assert private.stop_if_unused() is False


def test_a_file_system_without_flock_is_named_with_what_helps(mongod_program, short_folder, environment):
    """For mongod locks its data as well; the kernel refuses flock here as such a file system does."""
    refused = Path(__file__).parents[1] / "process" / "without_flock.py"
    command = [sys.executable, str(refused), sys.executable, "-m", "workflows.cli.main", "db", "start"]
    done = subprocess.run(
        [*command, "--folder", str(short_folder / "d")], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    named, refusal = done.stderr.splitlines()
    assert "has no flock (Function not implemented)" in named
    assert "Unable to lock the lock file" in refusal
    assert "database.mode: launchpad" in refusal
