from dataclasses import replace

import pytest

from screening.campaign.strategy import Strategy
from workflows.loop.situation import Situation, amounts_of, expect, situation, table_of

pytestmark = pytest.mark.mongod


def test_every_composition_has_an_outlook_and_a_row(choosing):
    results = choosing()
    found = situation(results)
    assert {outlook.id for outlook in found.order} == results.subjects("plan")
    assert [row.id for row in table_of(results)] == sorted(results.subjects("plan"))
    assert all(row.objective is None for row in table_of(results))
    lines = list(found.lines())
    assert "3 compositions not begun" in lines[0]
    assert sum("% to be a conductor" in line for line in lines) == 3


def test_nothing_is_begun_that_promises_too_little(choosing):
    found = situation(choosing())
    best = max(outlook.gain for outlook in found.order)
    strict = replace(found, strategy=Strategy(method="ptr", least_gain=2 * best))
    assert "promises" in strict.over
    assert not strict.worth(found.order[0])
    assert not replace(found, strategy=Strategy(method="ptr", least_gain=best / 2)).over


def test_what_the_prior_expects_is_asked_for_once(choosing, monkeypatch, tmp_path):
    pytest.importorskip("sklearn")
    from screening.plan.composition import Composition
    from tests.made_up_conductivities import shipped
    from workflows.loop import prior

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(prior, "shipped_measurements", shipped)
    results = choosing(prior=True)
    with_prior = situation(results).order
    assert len({outlook.probability_sigma for outlook in with_prior}) > 1
    monkeypatch.setattr(prior, "open_prior", lambda: pytest.fail("asked again"))
    compositions = tuple(results.all(Composition, "plan").values())
    expect(results, compositions)
    assert amounts_of(compositions[0])["S"] > 0


def test_the_document_says_what_was_begun(choosing):
    found = situation(choosing())
    assert isinstance(found, Situation)
    document = replace(found, begun=frozenset({found.order[0].id})).document()
    assert [one["begun"] for one in document["compositions"]] == [True, False, False]
