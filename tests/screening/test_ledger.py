import random

import pytest

from screening.ledger import LedgerError, ledger_hash, ledger_text, ordered, read_ledger, write_ledger
from tests.campaign_record import make_record


def test_order_does_not_depend_on_who_finished_first(tmp_path):
    decisions = list(make_record().decisions)
    reference = ledger_text(decisions)
    for seed in range(5):
        shuffled = decisions[:]
        random.Random(seed).shuffle(shuffled)
        assert ledger_text(shuffled) == reference
        assert ledger_hash(shuffled) == ledger_hash(decisions)
    first = write_ledger(decisions, tmp_path / "a.jsonl").read_bytes()
    second = write_ledger(read_ledger(tmp_path / "a.jsonl"), tmp_path / "b.jsonl").read_bytes()
    assert first == second


def test_round_trip_keeps_every_decision(tmp_path):
    decisions = make_record().decisions
    assert set(read_ledger(write_ledger(decisions, tmp_path / "ledger.jsonl"))) == set(decisions)


def test_exact_repetitions_count_once_but_another_value_is_another_line():
    decision = make_record().decisions[-1]
    other = decision.model_copy(update={"value": 3.25})
    assert len(ordered([decision, decision])) == 1
    assert len(ordered([decision, other])) == 2
    assert ledger_hash([decision]) != ledger_hash([other])


def test_a_damaged_line_is_named(tmp_path):
    path = write_ledger(make_record().decisions, tmp_path / "ledger.jsonl")
    lines = path.read_text().splitlines()
    lines[2] = lines[2][:40]
    path.write_text("\n".join(lines))
    with pytest.raises(LedgerError, match="line 3"):
        read_ledger(path)
