"""The survivors as a set of structures."""

import csv
import json

import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.io.vasp import Poscar

from screening.record.handover.structure_set import file_name, poscar_text, write_survivors
from screening.record.ranking import best_first, survivors
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


@pytest.mark.parametrize("handed", [1, -1])
def test_a_poscar_is_the_one_that_pymatgen_writes(handed):
    cell = Lattice([[6.1, 0.2, 0], [0, 7.3, handed * 0.4], [1.1, 0, handed * 9.2]])
    species = ["S2-", "Na+", "W6+", "S2-", "W5+", "Na+", "Cl-", "Sb5+"]
    structure = Structure(cell, species, [[0.11 * n, 0.07 * n**2 - 0.5, 1 - 0.13 * n] for n in range(len(species))])
    plain = structure.get_sorted_structure(key=lambda site: (site.specie.X, site.specie.symbol))
    plain.remove_oxidation_states()
    assert poscar_text(structure, "all") == Poscar(plain, comment="all").get_str(significant_figures=10)


def test_the_list_is_a_table_too_and_the_frames_carry_their_labels(tmp_path):
    ase_io = pytest.importorskip("ase.io")
    write_survivors(RECORD, tmp_path)
    listed = json.loads((tmp_path / "survivors.json").read_text())["survivors"]
    table = list(csv.DictReader((tmp_path / "survivors.csv").open()))
    frames = ase_io.read(tmp_path / "survivors.extxyz", index=":")
    assert len(table) == len(frames) == len(listed)
    for one, row, atoms in zip(listed, table, frames, strict=True):
        assert row == {name: "" if value is None else str(value) for name, value in one.items()}
        assert atoms.info["id"] == one["candidate"]
        assert atoms.info["judged_mS_cm"] == pytest.approx(one["judged_mS_cm"])
        assert atoms.get_potential_energy() == pytest.approx(one["energy_eV"])


def test_where_none_passed_those_near_the_hull_are_written_and_it_says_so(tmp_path):
    none = tuple(d for d in RECORD.decisions if d.stage != "long_md")
    record = RECORD.model_copy(update={"decisions": none})
    write_survivors(record, tmp_path)
    listed = json.loads((tmp_path / "survivors.json").read_text())
    assert not listed["passed"]
    assert len(listed["survivors"]) == sum(history.near_hull for history in best_first(record))


def test_names_of_files_hold_no_path():
    assert file_name("a/../b c") == "a_.._b_c"
