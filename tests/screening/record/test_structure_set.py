"""The survivors as a set of structures."""

import json

from pymatgen.core import Structure

from screening.record.ranking import best_first, survivors
from screening.record.structure_set import file_name, write_survivors
from tests.campaign_record import make_record

RECORD = make_record()


def test_the_survivors_are_written_best_first_and_read_back(tmp_path):
    write_survivors(RECORD, tmp_path)
    listed = json.loads((tmp_path / "survivors.json").read_text())
    assert listed["passed"]
    assert [one["candidate"] for one in listed["survivors"]] == [line.candidate_id for line in survivors(RECORD)]
    own = {history.id: history.structure for history in best_first(RECORD)}
    for one in listed["survivors"]:
        for kind in ("poscar", "cif"):
            read = Structure.from_file(tmp_path / one[kind])
            assert read.composition.element_composition == own[one["candidate"]].composition.element_composition
            assert abs(read.volume - own[one["candidate"]].volume) < 1e-3


def test_where_none_passed_those_near_the_hull_are_written_and_it_says_so(tmp_path):
    none = tuple(d for d in RECORD.decisions if d.stage != "long_md")
    record = RECORD.model_copy(update={"decisions": none})
    write_survivors(record, tmp_path)
    listed = json.loads((tmp_path / "survivors.json").read_text())
    assert not listed["passed"]
    assert len(listed["survivors"]) == sum(history.near_hull for history in best_first(record))


def test_names_of_files_hold_no_path():
    assert file_name("a/../b c") == "a_.._b_c"
