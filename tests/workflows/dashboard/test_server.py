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
def path(campaign, short_folder):
    path = campaign(work_dir=str(short_folder))
    with session(str(path), new=True) as opened:
        submit(opened.file, opened.launchpad)
    return path


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_dashboard_that_is_told_to_end_takes_its_server_along(path, environment, number):
    server = private_server(open_campaign(str(path)).folder)
    assert not server.status().running
    process = subprocess.Popen(
        [sys.executable, "-m", "workflows.cli.main", "dashboard", str(path)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert "Ctrl-C" in process.stdout.readline()
    address = process.stdout.readline().strip()
    # The token of the address becomes a cookie.
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with browser.open(address, timeout=60) as answer:
        assert answer.status == 200
    assert server.status().running
    process.send_signal(number)
    process.send_signal(number)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 0
    assert "Traceback" not in said
    assert not server.status().running
