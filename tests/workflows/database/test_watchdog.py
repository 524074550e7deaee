"""A private server is kept alive while a command needs it, and no longer."""

import os
import signal
import threading
import time

import pytest

from ewald.errors import UserError
from workflows.database import watchdog
from workflows.database.server import PrivateServer
from workflows.database.watchdog import ServerWatchdog

pytestmark = pytest.mark.mongod


def until(condition, seconds=90):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_killed_server_comes_back_and_is_left_alone_afterwards(mongod_program, short_folder):
    server = PrivateServer(short_folder / "database")
    first = server.start()
    with ServerWatchdog(server):
        os.kill(first.pid, signal.SIGKILL)
        until(lambda: server.status().running and server.status().pid != first.pid)
    server.stop()
    time.sleep(3 * watchdog.WATCH_S)
    assert not server.status().running


class Refusing:
    """A server that cannot start, as on a full disk, until it can."""

    def __init__(self):
        self.asked = 0
        self.running = False

    def status(self):
        return self

    def start(self):
        self.asked += 1
        if self.asked < 3:
            raise UserError("no room")
        self.running = True


def test_a_server_that_cannot_start_is_tried_again(monkeypatch):
    monkeypatch.setattr(watchdog, "WATCH_S", 0.01)
    server = Refusing()
    with ServerWatchdog(server):
        until(lambda: server.running)
    assert server.asked == 3


def test_nothing_is_kept_without_a_server():
    before = threading.active_count()
    with ServerWatchdog(None):
        assert threading.active_count() == before
