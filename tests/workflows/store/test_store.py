import threading

import pytest

from ewald.errors import UserError
from ewald.version import __version__
from screening.campaign import load_campaign
from screening.decision import Decision, Stage, Verdict
from tests.workflows.store.document import Document
from workflows.store import SCHEMA_VERSION, CampaignEntry, Failure, Store

pytestmark = pytest.mark.mongod


@pytest.fixture
def store(launchpad):
    opened = Store(launchpad.db)
    opened.prepare()
    return opened


@pytest.fixture
def results(store, campaign, tmp_path):
    settings = load_campaign(campaign())
    entry = CampaignEntry(settings, settings.revision(), tmp_path / "work" / "toy", tmp_path)
    store.register(entry)
    return store.results(entry)


def decision(value, inputs_hash):
    return Decision(
        campaign="toy",
        subject="x_a1",
        stage=Stage.HULL,
        quantity="hull_energy",
        value=value,
        unit="meV/atom",
        threshold=100.0,
        verdict=Verdict.PASS,
        reason="low",
        inputs_hash=inputs_hash,
        version=__version__,
    )


def test_a_result_written_twice_is_there_once_and_the_first_stays(results):
    results.put("relax", "a", "h1", Document(energy=1))
    results.put("relax", "a", "h1", Document(energy=2))
    assert results.get(Document, "relax", "a") == Document(energy=1)
    assert results.subjects("relax") == {"a"}


def test_other_inputs_supersede_and_history_stays(results):
    results.put("relax", "a", "h1", Document(energy=1))
    results.put("relax", "a", "h2", Document(energy=2))
    assert results.get(Document, "relax", "a") == Document(energy=2)
    assert results.get(Document, "relax", "a", "h1") == Document(energy=1)
    assert results.all(Document, "relax") == {"a": Document(energy=2)}
    results.put("relax", "a", "h1", Document(energy=1))
    assert results.get(Document, "relax", "a") == Document(energy=1)


def test_twenty_writers_of_one_key_leave_one_result(results):
    threads = [
        threading.Thread(target=results.put, args=("relax", "a", "h", Document(writer=number))) for number in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results._results.count_documents({"subject": "a"}) == 1


def test_revisions_never_mix(store, results, campaign):
    results.put("relax", "a", "h", Document(energy=1))
    changed = load_campaign(campaign(seed=2))
    entry = CampaignEntry(changed, changed.revision(), results.entry.folder, results.entry.base_dir)
    assert store.register(entry) is True
    assert store.register(entry) is False
    assert store.results(entry).get(Document, "relax", "a") is None
    assert store.revisions("toy") == (results.entry.revision, entry.revision)


def test_a_campaign_survives_the_database(store, results):
    again = store.campaign("toy", results.entry.revision)
    assert again.campaign == results.entry.campaign
    assert again.campaign.revision() == again.revision


def test_a_name_taken_by_another_folder_is_refused(store, results, tmp_path):
    entry = CampaignEntry(results.entry.campaign, results.entry.revision, tmp_path / "elsewhere", tmp_path)
    with pytest.raises(UserError, match="already holds a campaign"):
        store.register(entry)


def test_the_ledger_keeps_one_line_per_subject_and_stage(results):
    results.decide(decision(5.0, "h1"))
    results.decide(decision(5.0, "h1"))
    results.decide(decision(7.0, "h2"))
    (line,) = results.decisions()
    assert line.value == 7.0
    assert results.verdict_counts() == [("hull", "pass", 1)]


def test_forgetting_removes_result_and_decision(results):
    results.put("hull", "x_a1", "h1", Document())
    results.decide(decision(5.0, "h1"))
    assert results.forget("hull", ["x_a1"]) == 1
    assert results.decisions() == ()


def test_failures_are_kept_by_key_and_cleared(results):
    results.fail(Failure("relax:a", "a", "relax", "timeout", "too long", 1))
    results.fail(Failure("relax:a", "a", "relax", "timeout", "too long again", 2))
    (failure,) = results.failures()
    assert failure.attempts == 2
    results.clear_failure("relax:a")
    assert results.failures() == ()


def test_losses_are_counted(results):
    assert [results.count_loss("relax:a") for _ in range(3)] == [1, 2, 3]
    results.forget_losses(["relax:a"])
    assert results.count_loss("relax:a") == 1


def test_a_database_of_a_later_version_is_refused(store, launchpad):
    launchpad.db["ionsieve_meta"].update_one({"_id": "schema"}, {"$set": {"version": SCHEMA_VERSION + 1}})
    with pytest.raises(UserError, match="later IonSieve"):
        store.prepare()


def test_an_unknown_campaign_is_one_line(store):
    with pytest.raises(UserError, match="holds no campaign"):
        store.campaign("none", "0")


@pytest.mark.parametrize(("version", "refused"), [("0.0.9", False), ("0.1.7", False), ("0.2.0", True), ("1.0", True)])
def test_what_a_later_release_submitted_is_refused_in_one_line(launchpad, submitted, monkeypatch, version, refused):
    monkeypatch.setattr("workflows.store.store.__version__", "0.1.0")
    entry = submitted.entry
    launchpad.db["ionsieve_campaigns"].update_one({"name": entry.name}, {"$set": {"version": version}})
    if not refused:
        assert Store(launchpad.db).campaign(entry.name, entry.revision).campaign == entry.campaign
        return
    with pytest.raises(UserError, match=f"{version}, a later release than this one, 0.1.0 .*use IonSieve {version}"):
        Store(launchpad.db).campaign(entry.name, entry.revision)
