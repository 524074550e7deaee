"""Packing one node: the processes of `rlaunch multi` share a campaign, and lock nothing for good."""

import pytest

from tests.workflows.launchpad.test_commands import ionsieve


@pytest.mark.mongod
@pytest.mark.slow
def test_multi_runs_a_campaign_and_leaves_no_lock(launchpad, submitted, launchpad_file, environment, tmp_path):
    words = ["rlaunch", "-l", launchpad_file, "-s", "multi", "2", "--sleep", "1", "--timeout", "240"]
    done = ionsieve(environment, tmp_path, *words)
    assert done.returncode == 0, done.stderr
    assert launchpad.workflows.count_documents({"locked": {"$exists": True}}) == 0
    assert submitted.failures() == ()
    rows = list(launchpad.fireworks.find({}, {"state": 1, "spec.key": 1}))
    assert [row["spec"]["key"] for row in rows if row["state"] not in {"COMPLETED", "PAUSED", "WAITING"}] == []
    assert any(row["spec"]["key"].startswith("relax:") for row in rows)
