"""Revisions are listed with what they differ in, stopped, archived and removed, and never by mistake."""

import pytest
from fireworks import FWorker
from fireworks.core.rocket_launcher import launch_rocket

from ewald.errors import UserError
from tests.workflows.recovery.lost_work import DEAD, take
from workflows.campaign.campaign_file import open_campaign
from workflows.operations.revisions import archive, flat, remove, revisions_of
from workflows.operations.submit import submit
from workflows.recovery.states import work_is_left
from workflows.store.store import Store

pytestmark = pytest.mark.mongod

KEY = "reference:Na2S"


@pytest.fixture
def two(launchpad, campaign):
    """A campaign submitted twice, with another seed the second time; returns the file and both results."""
    first = submit(open_campaign(str(campaign())), launchpad).results
    file = open_campaign(str(campaign(seed=7)))
    return file, first, submit(file, launchpad).results


def run(launchpad, results, key=KEY):
    query = {"spec.key": key, "spec.revision": results.entry.revision}
    launch_rocket(launchpad, FWorker(query=query), strm_lvl="CRITICAL")


def test_both_are_listed_and_the_difference_named(launchpad, two):
    file, first, second = two
    old, new = revisions_of(launchpad, file.campaign)
    assert (old.revision, new.revision) == (first.entry.revision, second.entry.revision)
    assert (old.present, new.present) == (False, True)
    assert old.lives
    assert old.fireworks["waiting"] > 5
    (line,) = old.differs
    assert line.startswith("seed: 7 in the file, ")
    assert new.differs == ()


def test_a_stopped_revision_is_left_alone_until_it_is_resumed(launchpad, two, capsys):
    _, first, second = two
    Store(launchpad.db).stop(first.entry, stopped=True)
    launchpad._told_of.clear()
    assert launchpad.run_exists(FWorker())
    assert not launchpad.run_exists(FWorker(query={"spec.revision": first.entry.revision}))
    assert "is stopped" in capsys.readouterr().err
    assert not work_is_left(launchpad, first)
    assert work_is_left(launchpad, second)
    Store(launchpad.db).stop(first.entry, stopped=False)
    assert launchpad.run_exists(FWorker(query={"spec.revision": first.entry.revision}))


def test_a_stopped_revision_is_not_submitted_again(launchpad, two):
    file, _, second = two
    Store(launchpad.db).stop(second.entry, stopped=True)
    with pytest.raises(UserError, match="ionsieve resume"):
        submit(file, launchpad)


def test_an_archived_revision_keeps_its_results(launchpad, two):
    _, first, _ = two
    run(launchpad, first)
    results = Store(launchpad.db).count_results(first.entry)
    assert archive(launchpad, first.entry) > 5
    states = launchpad.fireworks.distinct("state", {"spec.revision": first.entry.revision})
    assert states == ["ARCHIVED"]
    assert Store(launchpad.db).count_results(first.entry) == results


def test_what_runs_is_neither_archived_nor_removed(launchpad, two):
    _, first, _ = two
    take(launchpad, first, DEAD, key=KEY)
    for end in (archive, lambda pad, entry: remove(pad, entry, files=False)):
        with pytest.raises(UserError, match="1 of its Fireworks run"):
            end(launchpad, first.entry)


def test_removal_frees_documents_and_only_files_that_nobody_else_uses(launchpad, two):
    """Both relaxed the same phase with the same settings: the files belong to both."""
    file, first, second = two
    run(launchpad, first)
    run(launchpad, first, "reference:Na3Sb")
    run(launchpad, second)
    folder = first.entry.folder / "references"
    remove(launchpad, first.entry, files=True)
    assert Store(launchpad.db).revisions(file.campaign.name) == (second.entry.revision,)
    assert launchpad.fireworks.count_documents({"spec.revision": first.entry.revision}) == 0
    assert launchpad.workflows.count_documents({"metadata.revision": first.entry.revision}) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["Na2S"]
    assert Store(launchpad.db).count_results(second.entry) > 0


def test_nested_settings_are_named_by_their_path():
    assert flat({"a": {"b": {"c": 1}}, "d": []}) == {"a.b.c": 1, "d": []}
