import json

import pytest
from monty.serialization import dumpfn
from pymatgen.core import Composition, Lattice, Structure
from pymatgen.entries.computed_entries import ComputedEntry

from ewald.errors import UserError
from screening.hull.entries import entries_of, load_entries, read_entries
from screening.hull.hull import hull_energies
from tests.screening.hull.phases import NA_SB_S, PROVENANCE, phase


def sodium_sulfide(provenance):
    structure = Structure.from_spacegroup("Fm-3m", Lattice.cubic(6.57), ["Na", "S"], [[0.25] * 3, [0, 0, 0]])
    return phase("Na2S", 0.0).model_copy(update={"structure": structure, "energy_eV": -40.0, "provenance": provenance})


def test_raw_energies_receive_the_2020_corrections():
    flagged = PROVENANCE.model_copy(update={"settings": {"mp2020_corrections": True}})
    raw, corrected = (entries_of([sodium_sulfide(p)]).entries[0] for p in (PROVENANCE, flagged))
    assert raw.energy == -40.0
    # MP2020: sulfide -0.503 eV per S (Wang et al. 2021, table 2); the cell holds four.
    assert corrected.energy == pytest.approx(-40.0 - 4 * 0.503, abs=0.01)


def test_elements_are_not_corrected():
    flagged = PROVENANCE.model_copy(update={"settings": {"mp2020_corrections": True}})
    (entry,) = entries_of([phase("Na", -1.3, provenance=flagged)]).entries
    assert entry.energy == pytest.approx(-1.3)


def computed():
    return [ComputedEntry(name, energy * (1 if name in {"Na", "Sb", "S"} else 3)) for name, energy in NA_SB_S.items()]


def test_a_file_of_entries_serves_as_references(tmp_path):
    path = tmp_path / "entries.json.gz"
    dumpfn({"energy_key": PROVENANCE.energy_key, "entries": computed()}, path)
    found = read_entries(path, PROVENANCE)
    assert len(found.entries) == len(NA_SB_S)
    assert len({entry.entry_id for entry in found.entries}) == len(NA_SB_S)
    (record,) = hull_energies([phase("Na3SbS4", -0.9)], found)
    assert record.candidate_id == "Na3SbS4"


def test_a_file_says_of_which_systems_it_holds_every_phase(tmp_path):
    path = tmp_path / "entries.json"
    few = [entry for entry in computed() if entry.composition.reduced_formula != "NaSbS2"]
    dumpfn({"energy_key": PROVENANCE.energy_key, "entries": few}, path)
    na3sbs4, tungsten = Composition("Na3SbS4"), Composition("Na2WS4")
    assert read_entries(path, PROVENANCE).missing_systems(na3sbs4) == ("Na-S", "Na-S-Sb")
    assert read_entries(path, PROVENANCE).missing_compounds(na3sbs4) == ("Na3SbS3", "NaS2", "NaSbS2")
    dumpfn({"energy_key": PROVENANCE.energy_key, "entries": few, "systems": ["Na-O-S-Sb"]}, path)
    whole = read_entries(path, PROVENANCE)
    assert whole.missing_systems(na3sbs4) == ()
    assert whole.missing_systems(tungsten) == ("S-W",)


def with_run_type(entry, run_type):
    return ComputedEntry(entry.composition, entry.energy, parameters={"run_type": run_type}, entry_id=entry.name)


@pytest.mark.parametrize("run_type", ["R2SCAN", "SCAN", "HSE06"])
def test_a_file_that_mixes_functionals_is_refused(tmp_path, run_type):
    first, *others = computed()
    entries = [with_run_type(first, run_type), *(with_run_type(entry, "GGA") for entry in others)]
    dumpfn({"energy_key": PROVENANCE.energy_key, "entries": entries}, tmp_path / "e.json")
    with pytest.raises(UserError, match=rf"e\.json.*run_type.*GGA \(.*\), {run_type} \({first.name}\)"):
        read_entries(tmp_path / "e.json", PROVENANCE)
    with pytest.raises(UserError, match="several functionals"):
        load_entries(tmp_path / "e.json")


def test_functionals_are_told_from_identifiers_too(tmp_path):
    first, *others = computed()
    first.entry_id = "mp-1-r2SCAN"
    for number, entry in enumerate(others):
        entry.entry_id = f"mp-{number}-GGA"
    dumpfn({"energy_key": PROVENANCE.energy_key, "entries": [first, *others]}, tmp_path / "e.json")
    with pytest.raises(UserError, match=r"GGA \(mp-0-GGA\), R2SCAN \(mp-1-r2SCAN\)"):
        read_entries(tmp_path / "e.json", PROVENANCE)


def test_gga_and_gga_u_may_stand_together(tmp_path):
    first, *others = computed()
    entries = [with_run_type(first, "GGA_U"), *(with_run_type(entry, "GGA") for entry in others)]
    dumpfn({"energy_key": PROVENANCE.energy_key, "entries": entries}, tmp_path / "e.json")
    assert len(read_entries(tmp_path / "e.json", PROVENANCE).entries) == len(entries)


def test_sets_of_one_key_are_joined():
    one, other = entries_of([phase("Na", 0.0)]), entries_of([phase("S", 0.0)])
    assert [entry.entry_id for entry in one.joined(other).entries] == ["Na", "S"]
    foreign = entries_of([phase("S", 0.0, provenance=PROVENANCE.model_copy(update={"energy_key": "other"}))])
    with pytest.raises(UserError, match="cannot be compared"):
        one.joined(foreign)


@pytest.mark.parametrize("systems", ["Na-Sb-S", 3, [3], None])
def test_systems_that_are_no_list_of_names_are_refused(tmp_path, systems):
    dumpfn({"energy_key": PROVENANCE.energy_key, "entries": computed(), "systems": systems}, tmp_path / "e.json")
    with pytest.raises(UserError, match=r"e\.json.*systems.*not a list of chemical systems"):
        read_entries(tmp_path / "e.json", PROVENANCE)


def test_entries_may_carry_their_own_key(tmp_path):
    entries = computed()
    for entry in entries:
        entry.data["energy_key"] = PROVENANCE.energy_key
    dumpfn(entries, tmp_path / "entries.json")
    assert read_entries(tmp_path / "entries.json", PROVENANCE).energy_key == PROVENANCE.energy_key


@pytest.mark.parametrize("key", [None, "another"])
def test_entries_of_another_provenance_are_refused(tmp_path, key):
    dumpfn({"energy_key": key, "entries": computed()}, tmp_path / "e.json")
    with pytest.raises(UserError, match=r"energy_key.*cannot be compared.*write energy_key: toy-1"):
        read_entries(tmp_path / "e.json", PROVENANCE)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", json.dumps({"entries": [1]}), '[{"@class": "Nope", "@module": "os"}]']
)
def test_damaged_files_are_user_errors(tmp_path, text):
    (tmp_path / "e.json").write_text(text)
    with pytest.raises(UserError, match=r"e\.json"):
        read_entries(tmp_path / "e.json", PROVENANCE)
    with pytest.raises(UserError, match="no such file"):
        read_entries(tmp_path / "none.json", PROVENANCE)
