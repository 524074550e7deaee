"""At most so many at a time, however many take work at the same moment."""

import threading
import time

import pytest
from fireworks import FWorker, Workflow

from workflows.builders.firework import firework
from workflows.builders.resources import equip
from workflows.campaign.campaign_file import open_campaign
from workflows.database.launchpad_file import read_launchpad_file
from workflows.launchpad.connection import connect
from workflows.launchpad.queries import fireworks_of
from workflows.operations.submit import submit
from workflows.spec import StageSpec

pytestmark = pytest.mark.mongod

LIMIT = 3


@pytest.fixture
def results(launchpad, campaign):
    resources = {"relax": {"at_most": LIMIT}}
    results = submit(open_campaign(str(campaign(execution={"resources": resources}))), launchpad).results
    entry = results.entry
    for number in range(20):
        spec = StageSpec(
            campaign=entry.name, revision=entry.revision, composition="x", stage="relax", subject=f"x_a{number}"
        )
        launchpad.add_wf(equip(Workflow([firework(spec, "relax")]), entry.campaign))
    return results


def test_one_worker_after_another_takes_no_more_than_allowed(launchpad, results):
    fworker = FWorker(query=fireworks_of(results.entry, stage="relax"))
    taken = [launchpad._get_a_fw_to_run(fworker.query) for _ in range(LIMIT)]
    assert all(taken)
    assert launchpad._get_a_fw_to_run(fworker.query) is None
    assert not launchpad.run_exists(fworker)
    # Other work goes on.
    assert launchpad._get_a_fw_to_run(fireworks_of(results.entry)).spec["_category"] != "light"
    launchpad.fireworks.update_one({"fw_id": taken[0].fw_id}, {"$set": {"state": "COMPLETED"}})
    assert launchpad._get_a_fw_to_run(fworker.query) is not None
    assert launchpad._get_a_fw_to_run(fworker.query) is None


def test_a_raised_limit_holds_at_the_next_submission(launchpad, results, campaign):
    query = fireworks_of(results.entry, stage="relax")
    assert sum(launchpad._get_a_fw_to_run(query) is not None for _ in range(10)) == LIMIT
    submit(open_campaign(str(campaign(execution={"resources": {"relax": {"at_most": 5}}}))), launchpad)
    assert sum(launchpad._get_a_fw_to_run(query) is not None for _ in range(10)) == 2
    submit(open_campaign(str(campaign())), launchpad)
    assert sum(launchpad._get_a_fw_to_run(query) is not None for _ in range(20)) == 15


def test_many_that_take_at_the_same_moment(launchpad, results, launchpad_file):
    """A watcher never sees more than the limit kept, and all work is done in the end."""
    query = fireworks_of(results.entry, stage="relax")
    over, most = threading.Event(), []
    kept: set[int] = set()
    lock = threading.Lock()

    def work():
        mine = connect(read_launchpad_file(launchpad_file))
        while not over.is_set():
            found = mine._get_a_fw_to_run(query)
            if found is None:
                time.sleep(0.01)
                continue
            with lock:
                kept.add(found.fw_id)
                most.append(len(kept))
            time.sleep(0.02)
            with lock:
                kept.discard(found.fw_id)
            mine.fireworks.update_one({"fw_id": found.fw_id}, {"$set": {"state": "COMPLETED"}})

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 120
    while launchpad.fireworks.count_documents(query | {"state": "COMPLETED"}) < 20 and time.monotonic() < deadline:
        time.sleep(0.05)
    over.set()
    for thread in threads:
        thread.join()
    assert launchpad.fireworks.count_documents(query | {"state": "COMPLETED"}) == 20
    assert len(most) == 20
    assert max(most) <= LIMIT
