from dataclasses import replace

import pytest

from ewald.errors import DependencyError
from screening.campaign.strategy import Strategy
from screening.record.prior_check import prior_sentence
from tests.made_up_conductivities import shipped
from tests.toy_campaign import THREE
from workflows.campaign.campaign_file import open_campaign
from workflows.loop import prior
from workflows.loop.situation import Situation, amounts_of, expect, expectations, situation, table_of
from workflows.operations.record_builder import build_record
from workflows.operations.submit import submit

pytestmark = pytest.mark.mongod


@pytest.fixture
def with_prior(tmp_path, monkeypatch):
    """A prior of made-up conductivities, and a cache of its own."""
    pytest.importorskip("sklearn")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(prior, "shipped_measurements", shipped)


def test_every_composition_has_an_outlook_and_a_row(choosing):
    results = choosing()
    found = situation(results)
    assert {outlook.id for outlook in found.order} == results.subjects("plan")
    assert [row.id for row in table_of(results)] == sorted(results.subjects("plan"))
    assert all(row.objective is None for row in table_of(results))
    lines = list(found.lines())
    assert "3 compositions not started" in lines[0]
    assert sum("% to be a conductor" in line for line in lines) == 3


def test_nothing_is_begun_that_promises_too_little(choosing):
    found = situation(choosing())
    best = max(outlook.gain for outlook in found.order)
    strict = replace(found, strategy=Strategy(method="ptr", least_gain=2 * best))
    assert "no remaining composition" in strict.over
    assert not strict.worth(found.order[0])
    assert not replace(found, strategy=Strategy(method="ptr", least_gain=best / 2)).over


def test_what_the_prior_expects_is_asked_for_once(choosing, monkeypatch, with_prior):
    from screening.plan.composition import Composition

    results = choosing(prior=True)
    assert len({outlook.probability_sigma for outlook in situation(results).order}) > 1
    monkeypatch.setattr(prior, "open_prior", lambda: pytest.fail("asked again"))
    compositions = tuple(results.all(Composition, "plan").values())
    expect(results, compositions)
    assert amounts_of(compositions[0])["S"] > 0


def test_the_document_says_what_was_begun(choosing):
    found = situation(choosing())
    assert isinstance(found, Situation)
    document = replace(found, begun=frozenset({found.order[0].id})).document()
    assert [one["begun"] for one in document["compositions"]] == [True, False, False]


def test_the_record_says_what_was_predicted_and_what_was_left_out(choosing, with_prior):
    results = choosing(prior=True, budget_core_hours=1e-9)
    chosen = build_record(results).choice
    assert {one.composition for one in chosen.expected} == results.subjects("plan")
    assert chosen.over == ""
    assert {outlook.id for outlook in chosen.not_begun} == results.subjects("plan")


def test_a_campaign_that_computes_everything_predicts_only_when_asked(launchpad, campaign, with_prior):
    path = campaign(strategy={"method": "all", "prior": True}, **THREE)
    results = submit(open_campaign(str(path)), launchpad).results
    chosen = build_record(results).choice
    assert len(chosen.expected) == 3
    assert chosen.not_begun == ()
    assert "none yet with an MD verdict" in prior_sentence(chosen.expected, results.decisions())
    assert build_record(submit(open_campaign(str(campaign("plain.yaml"))), launchpad).results).choice is None


def test_a_prior_that_is_asked_for_and_cannot_be_had_is_an_error(choosing, monkeypatch):
    def missing():
        raise DependencyError("needs scikit-learn")

    monkeypatch.setattr(prior, "open_prior", missing)
    with pytest.raises(DependencyError):
        choosing(prior=True)
    assert expectations(choosing(prior=None)) == ()
