import pytest

from screening.record_file import RecordError, read_record, write_record
from tests.campaign_record import make_record


def test_round_trip_is_byte_identical(tmp_path):
    record = make_record()
    path = write_record(record, tmp_path / "record.json")
    again = write_record(read_record(tmp_path), tmp_path / "again.json")
    assert path.read_bytes() == again.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["again.json", "record.json"]


def test_missing_and_damaged_records_say_so(tmp_path):
    with pytest.raises(RecordError, match="no such record"):
        read_record(tmp_path)
    path = write_record(make_record(), tmp_path / "record.json")
    path.write_text(path.read_text()[:1000])
    with pytest.raises(RecordError, match=r"record\.json"):
        read_record(path)
