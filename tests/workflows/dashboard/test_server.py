"""The dashboard as a process: however it is ended, its private server ends with it."""

import signal
import subprocess
import sys
import urllib.request

import pytest

from workflows.campaign.campaign_file import open_campaign
from workflows.launchpad.connection import private_server
from workflows.operations.session import session
from workflows.operations.submit import submit

pytestmark = [pytest.mark.mongod, pytest.mark.slow]


@pytest.fixture
def dashboard(path, environment):
    """The command as a terminal starts it, also where the tests run under `nohup` or behind &; gone after the test."""
    former = [(number, signal.getsignal(number)) for number in (signal.SIGHUP, signal.SIGINT)]
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [sys.executable, "-m", "workflows.cli.main", "dashboard", str(path)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    for number, handler in former:
        signal.signal(number, handler)
    process.kill()
    process.wait()


@pytest.fixture
def path(campaign, short_folder):
    path = campaign(work_dir=str(short_folder))
    with session(str(path), new=True) as opened:
        submit(opened.file, opened.launchpad)
    return path


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_dashboard_that_is_told_to_end_takes_its_server_along(path, dashboard, number):
    server = private_server(open_campaign(str(path)).folder)
    assert not server.status().running
    assert "Ctrl-C" in dashboard.stdout.readline()
    address = dashboard.stdout.readline().strip()
    # The token of the address becomes a cookie.
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with browser.open(address, timeout=60) as answer:
        assert answer.status == 200
    assert server.status().running
    dashboard.send_signal(number)
    dashboard.send_signal(number)
    said = dashboard.communicate(timeout=60)[1]
    assert dashboard.returncode == 0
    assert "Traceback" not in said
    assert not server.status().running
