"""What results took, added up by the database, against adding them up one by one."""

import random

import pytest

from screening.campaign import load_campaign
from screening.value import Value
from workflows.spec import MD_STAGES
from workflows.store import CampaignEntry, Store
from workflows.store.tally import tally_pipeline

pytestmark = pytest.mark.mongod


class Took(Value):
    core_seconds: float | None = None


@pytest.fixture
def results(launchpad, campaign, tmp_path):
    store = Store(launchpad.db)
    store.prepare()
    settings = load_campaign(campaign())
    entry = CampaignEntry(settings, settings.revision(), tmp_path / "work" / "toy", tmp_path)
    store.register(entry)
    return store.results(entry)


@pytest.fixture
def stored(results):
    """Results of several stages and versions: with and without time and core seconds, some superseded."""
    draw = random.Random(5)
    rows = []
    for number in range(60):
        stage = draw.choice(["ewald", "relax", "hull", *MD_STAGES])
        seconds = draw.choice([0.0, draw.uniform(1, 9)])
        took = Took(core_seconds=draw.choice([None, draw.uniform(10, 90)]))
        version = draw.choice(["0.1.0", "0.2.0"])
        results.put(stage, f"s{number // 2}", f"h{number}", took, seconds=seconds, version=version)
        rows.append((stage, version, seconds, took.core_seconds))
    return rows


def test_tallies_are_sums_and_means_over_all_results(results, stored):
    found = results.tallies()
    timed = [row for row in stored if row[2] > 0]
    seconds, core = {}, {}
    for stage, _, took_s, core_s in timed:
        seconds.setdefault(stage, []).append(took_s)
        core.setdefault(stage, []).append(took_s if core_s is None or stage in MD_STAGES else core_s)
    assert found.seconds() == pytest.approx({stage: sum(each) for stage, each in seconds.items()})
    assert found.mean_seconds() == pytest.approx({stage: sum(each) / len(each) for stage, each in seconds.items()})
    assert found.core_seconds() == pytest.approx({stage: sum(each) for stage, each in core.items()})
    assert found.mean_core_seconds() == pytest.approx({stage: sum(each) / len(each) for stage, each in core.items()})
    assert found.versions() == {
        version: sum(row[1] == version for row in stored) for version in sorted({row[1] for row in stored})
    }


def test_a_tally_of_nothing_is_empty(results):
    found = results.tallies()
    assert (found.rows, found.seconds(), found.versions()) == ((), {}, {})


def test_neither_a_tally_nor_the_marks_read_a_result(launchpad, results, stored):
    scope = {"campaign": results.entry.name, "revision": results.entry.revision}
    plan = launchpad.db.command(
        "explain",
        {"aggregate": "ionsieve_results", "pipeline": tally_pipeline(scope), "cursor": {}},
        verbosity="executionStats",
    )
    spent = plan.get("executionStats") or plan["stages"][0]["$cursor"]["executionStats"]
    assert (spent["totalDocsExamined"], spent["totalKeysExamined"]) == (0, len(stored))
    find = {
        "find": "ionsieve_results",
        "filter": scope | {"stage": {"$in": ["relax", "hull"]}, "superseded": False},
        "projection": {"_id": 0, "stage": 1, "subject": 1, "inputs_hash": 1, "document.energy_eV": 1},
    }
    spent = launchpad.db.command("explain", find, verbosity="executionStats")["executionStats"]
    assert spent["totalDocsExamined"] == 0
    assert len(results.marks("relax", "hull")) == spent["nReturned"] > 0


def test_a_database_of_the_release_before_gets_the_indexes(launchpad, results, stored):
    before = results.tallies()
    launchpad.db.ionsieve_results.drop_indexes()
    launchpad.db.ionsieve_meta.update_one({"_id": "schema"}, {"$unset": {"indexes": 1}})
    Store(launchpad.db).prepare()
    assert any("document.core_seconds" in name for name in launchpad.db.ionsieve_results.index_information())
    assert results.tallies() == before
