import random

from screening.decision import Decision
from screening.record.ledger import ledger_hash, ledger_text, ordered, write_ledger
from tests.campaign_record import make_record


def read(path):
    return [Decision.model_validate_json(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_order_does_not_depend_on_who_finished_first(tmp_path):
    decisions = list(make_record().decisions)
    reference = ledger_text(decisions)
    for seed in range(5):
        shuffled = decisions[:]
        random.Random(seed).shuffle(shuffled)
        assert ledger_text(shuffled) == reference
        assert ledger_hash(shuffled) == ledger_hash(decisions)
    first = write_ledger(decisions, tmp_path / "a.jsonl").read_bytes()
    second = write_ledger(read(tmp_path / "a.jsonl"), tmp_path / "b.jsonl").read_bytes()
    assert first == second


def test_round_trip_keeps_every_decision(tmp_path):
    decisions = make_record().decisions
    assert set(read(write_ledger(decisions, tmp_path / "ledger.jsonl"))) == set(decisions)


def test_exact_repetitions_count_once_but_another_value_is_another_line():
    decision = make_record().decisions[-1]
    other = decision.model_copy(update={"value": 3.25})
    assert len(ordered([decision, decision])) == 1
    assert len(ordered([decision, other])) == 2
    assert ledger_hash([decision]) != ledger_hash([other])
