import json

import pytest

from screening.record import RECORD_FORMAT
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


def test_records_of_the_first_format_are_read(tmp_path):
    document = make_record().to_document()
    del document["format"]
    for hull in document["hulls"]:
        del hull["electrode_reactions"], hull["product_conduction"]
        hull["electrode_reactions_meV_per_atom"] = {"Na": -410.0}
    (tmp_path / "record.json").write_text(json.dumps(document))
    read = read_record(tmp_path)
    assert read.format == RECORD_FORMAT
    assert read.hulls[0].electrode_reactions[0].energy_meV_per_atom == -410.0


def test_records_of_a_newer_format_say_so(tmp_path):
    document = make_record().to_document() | {"format": RECORD_FORMAT + 1, "something_new": 1}
    (tmp_path / "record.json").write_text(json.dumps(document))
    with pytest.raises(RecordError, match=r"format: is of format \d+, and this version .*newer version"):
        read_record(tmp_path)
