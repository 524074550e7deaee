from screening.decision import Stage
from screening.record.ranking import rank, survivors, what_to_make
from tests.screening.record.decided import F, P, U, decision, hull, record


def test_order():
    lines = rank(
        record(
            decision("slow", Stage.SHORT_MD, F, 0.1),
            decision("good", Stage.SHORT_MD, P, 9.0),
            decision("good", Stage.LONG_MD, P, 5.0, low95=4.0, high95=6.0),
            decision("best", Stage.LONG_MD, P, 8.0),
            decision("open", Stage.LONG_MD, U, 50.0),
            decision("unstable", Stage.HULL, F, 300.0),
            decision("audited", Stage.HULL, F, 300.0, audited=True),
            decision("audited", Stage.LONG_MD, P, 99.0),
            hulls=[hull("best", 12.0)],
        )
    )
    assert [line.candidate_id for line in lines] == ["best", "good", "open", "slow", "unstable", "audited"]
    assert [line.rank for line in lines] == [1, 2, 3, 4, 5, 6]
    assert lines[0].hull_energy_meV_per_atom == 12.0
    assert lines[1].sigma_mS_cm.low95 == 4.0
    assert lines[4].sigma_mS_cm is None


def test_a_bound_ranks_behind_every_value_however_high_it_is():
    none = decision("none", Stage.LONG_MD, U, None).model_copy(update={"high95": 1e4, "bound": "no hop"})
    lines = rank(record(none, decision("slow", Stage.LONG_MD, U, 0.1)))
    assert [line.candidate_id for line in lines] == ["slow", "none"]
    assert lines[1].sigma_mS_cm.bound == "no hop"


def test_a_check_of_the_forces_does_not_put_an_undecided_run_before_one_that_passed():
    lines = rank(
        record(
            decision("trusted", Stage.LONG_MD, U, 0.5),
            decision("trusted", Stage.VALIDATION, P),
            decision("failed", Stage.LONG_MD, F, 0.1),
            decision("doubtful", Stage.LONG_MD, P, 9.0),
            decision("doubtful", Stage.VALIDATION, U),
            decision("unchecked", Stage.LONG_MD, P, 8.0),
            decision("sound", Stage.LONG_MD, P, 5.0),
            decision("sound", Stage.VALIDATION, P),
            decision("refuted", Stage.LONG_MD, P, 50.0),
            decision("refuted", Stage.CHECK_MD, F, 0.2),
        )
    )
    assert [line.candidate_id for line in lines] == ["sound", "doubtful", "unchecked", "refuted", "trusted", "failed"]
    assert lines[1].stage is Stage.VALIDATION


def test_survivors_leave_the_audited_out():
    found = survivors(
        record(
            decision("a", Stage.LONG_MD, P),
            decision("b", Stage.HULL, F, audited=True),
            decision("b", Stage.LONG_MD, P),
            decision("c", Stage.LONG_MD, U),
        )
    )
    assert [line.candidate_id for line in found] == ["a"]


def test_ties_are_broken_by_hull_and_name():
    decisions = [decision(name, Stage.LONG_MD, P, 5.0) for name in ("b", "a", "c")]
    lines = rank(record(*decisions, hulls=[hull("b", 50.0), hull("a", 50.0), hull("c", 10.0)]))
    assert [line.candidate_id for line in lines] == ["c", "a", "b"]


def test_a_later_decision_replaces_an_earlier_one():
    (line,) = rank(record(decision("a", Stage.LONG_MD, U, 2.0), decision("a", Stage.LONG_MD, P, 3.0)))
    assert line.verdict is P
    assert line.sigma_mS_cm.mean == 3.0


def test_warnings_are_gathered_once():
    lines = rank(
        record(decision("a", Stage.HULL, P, warnings=("w1",)), decision("a", Stage.LONG_MD, P, warnings=("w2", "w1")))
    )
    assert lines[0].warnings == ("w1", "w2")


def test_one_sentence_says_what_to_make():
    nothing = record(decision("a", Stage.LONG_MD, U, 7.0), decision("b", Stage.SHORT_MD, F, 9.0))
    assert what_to_make(nothing) == "No candidate to recommend yet: none was shown to reach 1 mS/cm."
    waiting = record(decision("a", Stage.LONG_MD, U, 7.0), decision("b", Stage.SHORT_MD, P, 9.0))
    said = "No candidate to recommend yet: 1 reached 1 mS/cm in the short MD, none in the long one."
    assert what_to_make(waiting) == said
    passed = decision("b", Stage.LONG_MD, P, 5.0).model_copy(update={"temperature_K": 600.0})
    audited = [decision("c", Stage.HULL, F, audited=True), decision("c", Stage.LONG_MD, P, 90.0)]
    found = record(decision("a", Stage.LONG_MD, P, 2.0), passed, *audited, hulls=[hull("b", 12.0)])
    said = what_to_make(found)
    assert said.startswith("Make first: ")
    assert said.endswith("mS/cm at 600 K (threshold 1 mS/cm), 12 meV/atom above the hull.")
    doubted = record(passed, decision("b", Stage.VALIDATION, U), hulls=[hull("b", 12.0)])
    assert what_to_make(doubted).endswith("hull; doubtful by the comparison with the better engine.")
