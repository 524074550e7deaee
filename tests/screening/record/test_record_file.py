import json

import pytest

from screening.record.record import RECORD_FORMAT
from screening.record.record_file import RecordError, read_record, write_record
from tests.campaign_record import make_record


def test_round_trip_is_byte_identical(tmp_path):
    record = make_record()
    path = write_record(record, tmp_path / "record.json")
    again = write_record(read_record(tmp_path), tmp_path / "again.json")
    assert path.read_bytes() == again.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["again.json", "record.json"]


def test_a_compressed_record_is_the_same_record(tmp_path):
    record = make_record()
    packed = write_record(record, tmp_path / "record.json.xz")
    assert read_record(tmp_path) == read_record(packed) == record
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(RecordError, match=r"record\.json\.xz"):
        read_record(tmp_path)
    # The plain one counts where there are both.
    write_record(record, tmp_path / "record.json")
    assert read_record(tmp_path) == record


def test_missing_and_damaged_records_say_so(tmp_path):
    with pytest.raises(RecordError, match="no such record"):
        read_record(tmp_path)
    path = write_record(make_record(), tmp_path / "record.json")
    path.write_text(path.read_text()[:1000])
    with pytest.raises(RecordError, match=r"record\.json"):
        read_record(path)


def test_records_of_format_2_get_the_temperatures_and_probabilities_of_their_conductivities(tmp_path):
    record = make_record()
    document = record.to_document() | {"format": 2}
    for run in document["md"]:
        run["transport"] |= {"verdict": "undecided", "probability_above": 0.5}
    for decision in document["decisions"]:
        del decision["temperature_K"], decision["probability_above"]
    (tmp_path / "record.json").write_text(json.dumps(document))
    read = read_record(tmp_path)
    assert read.format == RECORD_FORMAT
    assert read.md == record.md
    assert [d.temperature_K for d in read.decisions] == [d.temperature_K for d in record.decisions]
    for decision in read.decisions:
        known = decision.probability_above is not None and 0 <= decision.probability_above <= 1
        assert known == (decision.quantity == "conductivity")


def test_runs_of_format_3_in_which_no_ion_left_are_bounds(tmp_path):
    record = make_record()
    document = record.to_document() | {"format": 3}
    run = document["md"][0]
    run["transport"] |= {"sound": False, "ions_left": 0, "hops_per_ion": 1.0}
    subject, stage = run["candidate_id"], run["stage"]
    (tmp_path / "record.json").write_text(json.dumps(document))
    read = read_record(tmp_path)
    found = read.md[0].transport
    assert found.sigma_mS_cm.bound == found.D_cm2_s.bound == "long-range diffusion not established"
    assert found.sigma_mS_cm.high95 == record.md[0].transport.sigma_mS_cm.high95
    assert read.md[1:] == record.md[1:]
    old = [d for d in record.decisions if (d.subject, d.stage) == (subject, stage)]
    new = [d for d in read.decisions if (d.subject, d.stage) == (subject, stage)]
    assert old[0].value is not None
    # The other run of the stage alone makes no line.
    assert new[0].value is new[0].low95 is None
    assert "long-range diffusion not established" in new[0].bound
    assert new[0].verdict is old[0].verdict


def test_a_record_of_format_2_with_impossible_numbers_says_so(tmp_path):
    document = make_record().to_document() | {"format": 2}
    for run in document["md"]:
        run["transport"]["sigma_mS_cm"]["mean"] = 1e308
    (tmp_path / "record.json").write_text(json.dumps(document))
    with pytest.warns(RuntimeWarning), pytest.raises(RecordError, match=r"record\.json: md: contains runs without"):
        read_record(tmp_path)


def test_records_of_a_newer_format_say_so(tmp_path):
    document = make_record().to_document() | {"format": RECORD_FORMAT + 1, "something_new": 1}
    (tmp_path / "record.json").write_text(json.dumps(document))
    with pytest.raises(RecordError, match=r"format: is of format \d+, and this version .*newer version"):
        read_record(tmp_path)
