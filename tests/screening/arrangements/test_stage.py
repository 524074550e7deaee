import dataclasses
import json

import pytest
from pymatgen.analysis.ewald import EwaldSummation

import ewald
from ewald.errors import UserError
from ewald.files.checked_json import write_checked
from screening.arrangements.duplicates import equal_arrangements
from screening.arrangements.shared_search import SEARCHES_FOLDER
from screening.arrangements.stage import OUTCOME_FILE, read_outcome, screen_composition, stage_hash
from screening.campaign.stages import EwaldStage

STAGE = EwaldStage(keep=3, time_limit_s=30)


def test_candidates_are_neutral_crystals_with_the_energy_claimed(compositions, tmp_path):
    record, candidates = screen_composition(compositions[1], STAGE, tmp_path)
    assert [candidate.id for candidate in candidates] == [f"Na3SbS4-W0.25-vac_a{rank}" for rank in (1, 2, 3)]
    assert record.energies_eV == tuple(sorted(record.energies_eV))
    for candidate in candidates:
        assert candidate.structure.charge == 0
        assert len(candidate.structure) == record.ions == 31
        assert candidate.formula == "Na11Sb3WS16"
        energy_eV = EwaldSummation(candidate.structure, acc_factor=15).total_energy
        assert candidate.ewald_energy_eV == pytest.approx(energy_eV, rel=1e-6)


def test_multiplicities_of_all_arrangements_add_up(compositions, tmp_path):
    record, candidates = screen_composition(compositions[1], STAGE.model_copy(update={"keep": 99}), tmp_path)
    assert len(candidates) == int(record.distinct_configurations)
    assert sum(int(candidate.multiplicity) for candidate in candidates) == int(record.configurations)
    assert record.certified


def test_a_space_without_choice_needs_no_search(compositions, tmp_path):
    record, (candidate,) = screen_composition(compositions[0], STAGE, tmp_path)
    assert (record.configurations, candidate.multiplicity, record.certified) == ("1", "1", True)
    energy_eV = EwaldSummation(candidate.structure, acc_factor=15).total_energy
    assert candidate.ewald_energy_eV == pytest.approx(energy_eV, rel=1e-6)


def test_a_finished_composition_is_read_back_not_searched_again(compositions, tmp_path, monkeypatch):
    first = screen_composition(compositions[1], STAGE, tmp_path)
    monkeypatch.setattr("screening.arrangements.stage._search", lambda *_: pytest.fail("searched again"))
    again = screen_composition(compositions[1], STAGE, tmp_path)
    assert again[0] == first[0]
    assert [candidate.id for candidate in again[1]] == [candidate.id for candidate in first[1]]


@pytest.mark.parametrize("damage", ["", "{", '{"inputs_hash": "other"}'])
def test_a_damaged_outcome_is_made_again(compositions, tmp_path, damage):
    first = screen_composition(compositions[1], STAGE, tmp_path)
    (tmp_path / OUTCOME_FILE).write_text(damage)
    again = screen_composition(compositions[1], STAGE, tmp_path)
    assert again[0].energies_eV == first[0].energies_eV
    assert json.loads((tmp_path / OUTCOME_FILE).read_text())["inputs_hash"] == stage_hash(compositions[1], STAGE)


@pytest.mark.parametrize(("proven", "fix"), [(False, "ewald.time_limit_s = 30"), (True, "ewald.min_distance_A = 0.5")])
def test_a_search_that_found_nothing_is_not_a_finished_one(compositions, tmp_path, monkeypatch, proven, fix):
    real, folder = ewald.screen, tmp_path / compositions[1].id

    def nothing(*args, **settings):
        return dataclasses.replace(real(*args, **settings), lowest=(), certified=proven)

    monkeypatch.setattr("ewald.screen", nothing)
    with pytest.raises(UserError, match=fix) as caught:
        screen_composition(compositions[1], STAGE, folder)
    assert compositions[1].id in str(caught.value)
    assert not (folder / OUTCOME_FILE).exists()
    assert not (tmp_path / SEARCHES_FOLDER).exists()
    monkeypatch.setattr("ewald.screen", real)
    assert len(screen_composition(compositions[1], STAGE, folder)[1]) == 3


def test_an_outcome_without_arrangements_is_no_outcome(compositions, tmp_path):
    screen_composition(compositions[1], STAGE, tmp_path)
    inputs_hash = stage_hash(compositions[1], STAGE)
    outcome = read_outcome(tmp_path, inputs_hash)
    assert len(outcome.candidates) == 3
    write_checked(tmp_path / OUTCOME_FILE, outcome.model_copy(update={"candidates": ()}).to_document())
    assert read_outcome(tmp_path, inputs_hash) is None


def test_other_settings_are_another_outcome(compositions, tmp_path):
    screen_composition(compositions[1], STAGE, tmp_path)
    _, candidates = screen_composition(compositions[1], STAGE.model_copy(update={"keep": 1}), tmp_path)
    assert len(candidates) == 1


def test_equal_arrangements_of_two_compositions_are_found(compositions, tmp_path):
    _, candidates = screen_composition(compositions[1], STAGE, tmp_path)
    other = candidates[1].model_copy(
        update={
            "id": "other_a1",
            "composition_id": "other",
            "structure": candidates[1].structure.copy().translate_sites(range(31), [0.25, 0.1, 0.3]),
        }
    )
    assert equal_arrangements([*candidates, other]) == {"other_a1": candidates[1].id}
    assert equal_arrangements(candidates) == {}
