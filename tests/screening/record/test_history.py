"""Everything about one candidate: where it stands, and which of its runs counts."""

from dataclasses import replace

from screening.decision import Stage, Verdict
from screening.record.facts import candidate_facts
from screening.record.history import CANDIDATE_STAGES, histories
from screening.record.ledger import latest_decisions, ordered
from tests.campaign_record import make_record
from tests.screening.record.decided import F, P, U, decision, record

RECORD = make_record()


def history(*decisions):
    (found,) = histories(record(*decisions)).values()
    return found


def test_every_part_of_a_record_comes_to_its_candidate_once():
    found = histories(RECORD)
    assert list(found) == [candidate.id for candidate in RECORD.candidates]
    assert sum(len(one.md) for one in found.values()) == len(RECORD.md)
    candidates = {candidate.id for candidate in RECORD.candidates}
    decisions = [d for d in RECORD.decisions if d.subject in candidates]
    assert sum(len(one.decisions) for one in found.values()) == len(decisions)
    for one in found.values():
        assert one.composition.id == one.candidate.composition_id
        assert {run.candidate_id for run in one.md} | {d.subject for d in one.decisions} <= {one.id}


def test_a_candidate_stopped_at_the_first_stage_that_failed_and_reached_the_last_it_has():
    followed = history(decision("a", Stage.HULL, F, audited=True), decision("a", Stage.LONG_MD, P))
    assert followed.failed_at() is Stage.HULL
    assert followed.reached() is Stage.LONG_MD
    assert followed.verdict(Stage.SHORT_MD) is None
    early = history(decision("a", Stage.EWALD, F, superseded_by="b"))
    assert (early.failed_at(), early.reached(), early.superseded_by()) == (Stage.EWALD, Stage.EWALD, "b")
    assert history(decision("a", Stage.LONG_MD, P)).superseded_by() is None


def test_the_hull_lets_through_what_it_did_not_reject():
    assert [history(decision("a", Stage.HULL, verdict)).near_hull for verdict in (P, U, F)] == [True, True, False]
    followed = next(one for one in histories(RECORD).values() if one.md)
    assert followed.near_hull
    assert not history(decision("a", Stage.RELAX, P)).near_hull


def test_the_last_word_counts_and_only_a_conductivity_is_judged():
    short = decision("a", Stage.SHORT_MD, P, 2.0, unit="mS/cm")
    none_yet = decision("a", Stage.LONG_MD, U, None, unit="mS/cm")
    assert history(short, none_yet).judged() == short
    assert history(short, decision("a", Stage.LONG_MD, F, 0.1, unit="mS/cm")).judged().value == 0.1
    assert history(short).judged(Stage.LONG_MD) is None
    assert history(decision("a", Stage.SHORT_MD, P, 2.0, unit="ps")).judged() is None


def test_warnings_of_a_short_run_end_where_a_long_one_has_judged():
    hull = decision("a", Stage.HULL, P, warnings=("no reference for Na-W-S", "twice"))
    short = decision("a", Stage.SHORT_MD, U, 2.0, unit="mS/cm", warnings=("few hops", "twice"))
    long = decision("a", Stage.LONG_MD, P, 3.0, unit="mS/cm", warnings=("framework moved",))
    assert history(hull, short).warnings() == ("no reference for Na-W-S", "twice", "few hops")
    assert history(hull, short, long).warnings() == ("no reference for Na-W-S", "twice", "framework moved")
    no_number_yet = long.model_copy(update={"value": None, "verdict": U})
    assert "few hops" in history(hull, short, no_number_yet).warnings()


def test_long_runs_count_before_short_ones_and_those_near_300_K_before_others():
    for one in histories(RECORD).values():
        long = one.transport(Stage.LONG_MD)
        best = one.best_transport()
        if long:
            assert best.temperature_K == min(result.temperature_K for result in long)
            assert [result.temperature_K for result in long] == sorted(result.temperature_K for result in long)
            assert one.activation_energy_eV() is not None
        elif one.transport(Stage.SHORT_MD):
            # One temperature gives no slope.
            assert best == one.transport(Stage.SHORT_MD)[0]
            assert one.activation_energy_eV() is None
        else:
            assert best is None


def as_stage(run, stage):
    return run.model_copy(update={"stage": stage})


def as_bound(run):
    sigma = run.transport.sigma_mS_cm.model_copy(update={"bound": "not resolved"})
    return run.model_copy(update={"transport": run.transport.model_copy(update={"sigma_mS_cm": sigma})})


def test_the_activation_energy_is_of_the_stage_whose_conductivity_counts():
    one = next(one for one in histories(RECORD).values() if len(one.transport(Stage.LONG_MD)) > 1)
    long = one.runs(Stage.LONG_MD)
    short = tuple(as_stage(run, Stage.SHORT_MD) for run in long)
    assert replace(one, md=short).activation_energy_stage() is Stage.SHORT_MD
    assert replace(one, md=(*short, *long)).activation_energy_stage() is Stage.LONG_MD
    assert replace(one, md=(*short, long[0])).activation_energy_stage() is Stage.SHORT_MD
    # A long run that gave only bounds has none, and the short one's does not stand in for it.
    bounded = replace(one, md=(*short, *map(as_bound, long)))
    assert bounded.activation_energy_eV() is None
    assert Stage.LONG_MD not in candidate_facts(bounded)
    assert Stage.SHORT_MD not in candidate_facts(bounded)
    check = tuple(as_stage(run, Stage.CHECK_MD) for run in long)
    assert replace(one, md=(*short, *long, *check)).activation_energy_stage() is Stage.CHECK_MD
    assert any(fact.label == "Activation energy" for fact in candidate_facts(replace(one, md=short))[Stage.SHORT_MD])


def test_stages_of_candidates_are_those_after_the_ewald_screen():
    assert CANDIDATE_STAGES == (Stage.RELAX, Stage.HULL, Stage.SHORT_MD, Stage.LONG_MD)
    assert {Verdict.PASS, Verdict.FAIL, Verdict.UNDECIDED} == set(Verdict)


def test_the_decisions_of_a_candidate_stand_in_the_order_of_the_ledger():
    ledger = make_record()
    mixed = ledger.model_copy(update={"decisions": ledger.decisions[::-1]})
    latest = [found for stages in latest_decisions(mixed.decisions).values() for found in stages.values()]
    for name, history in histories(mixed).items():
        assert history.decisions == tuple(found for found in ordered(latest) if found.subject == name)
