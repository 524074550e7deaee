"""What people do beside running workers: `recover` again and again, a backup that is later brought back."""

import os
import signal
import time

import pytest

from screening.record.ledger import ledger_text
from screening.record.record_file import read_record
from tests.chaos.outcome import check_campaign, differences
from tests.chaos.storm import calm, forkserver, place
from tests.science import science
from workflows.database.dump import back_up, restore
from workflows.launchpad import connect_private, private_server
from workflows.recovery.recover import recover
from workflows.store import Store

pytestmark = [pytest.mark.mongod, pytest.mark.chaos, pytest.mark.slow]

PATIENCE_S = 400


@pytest.fixture(scope="module")
def context():
    return forkserver()


@pytest.fixture(scope="module")
def undisturbed(mongod_program, context):
    return calm(context)


def opened(here):
    """The campaign's database and results, as soon as there is something."""
    end = time.monotonic() + PATIENCE_S
    while not private_server(here.campaign).status().running:
        assert time.monotonic() < end
        time.sleep(0.05)
    launchpad = connect_private(private_server(here.campaign), here.folder / "lpad.yaml", "ionsieve")
    store = Store(launchpad.db)
    while launchpad.launches.count_documents({"state": "COMPLETED"}) == 0:
        assert time.monotonic() < end
        time.sleep(0.05)
    return launchpad, store.results(store.campaign("storm", store.revisions("storm")[0]))


def same_as(expected, here):
    """Check that record and ledger of a campaign are the expected ones."""
    record = read_record(here.campaign)
    found = science(record)
    if found != expected[0]:
        pytest.fail("\n".join([*differences(found, expected[0]), here.log()]), pytrace=False)
    assert ledger_text(record.decisions) == expected[1]


def test_recover_while_workers_run_changes_nothing(context, undisturbed):
    with place(context, {}) as here:
        command = here.command(workers=4)
        launchpad, results = opened(here)
        looks = 0
        while command.is_alive():
            found = recover(launchpad, results)
            assert found.lost == found.given_up == found.orphans == found.locks == []
            looks += 1
        command.join()
        launchpad.connection.close()
        assert command.exitcode == 0, here.log()
        assert looks > 3
        same_as(undisturbed, here)
        check_campaign(here.campaign, here.folder)


@pytest.mark.parametrize("after_s", [1.0, 5.0])
def test_a_backup_taken_while_workers_ran_is_a_campaign_to_go_on_with(context, undisturbed, after_s):
    """Everything behind the backup is lost, and done again from the files that are there."""
    with place(context, {}) as here:
        command = here.command()
        launchpad, _ = opened(here)
        command.join(after_s)
        saved = back_up(launchpad.db, here.folder / "saved.tar.gz")
        launchpad.connection.close()
        command.join(0.5)
        if command.is_alive():
            os.kill(command.pid, signal.SIGKILL)
        command.join()
        private_server(here.campaign).stop()
        (here.campaign / "database").rename(here.campaign / "lost")
        launchpad = connect_private(private_server(here.campaign), here.folder / "lpad.yaml", "ionsieve")
        assert restore(launchpad.db, here.folder / "saved.tar.gz") == saved
        launchpad.connection.close()
        again = here.command()
        again.join(PATIENCE_S)
        assert again.exitcode == 0, here.log()
        same_as(undisturbed, here)
        check_campaign(here.campaign, here.folder)
