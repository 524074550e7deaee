"""The database and the offline journal answer alike, for a stage cannot tell where it runs."""

import pytest
from pydantic import ValidationError

from ewald.errors import CheckpointError
from screening.campaign import load_campaign
from screening.value import Value
from tests.workflows.store.document import Document
from workflows.offline.inputs import OfflineInputs
from workflows.offline.journal import OfflineResults
from workflows.store import CampaignEntry, Store, required


class Energy(Value):
    energy_eV: float


@pytest.fixture(params=[pytest.param("database", marks=pytest.mark.mongod), "offline"])
def results(request, campaign, tmp_path):
    settings = load_campaign(campaign())
    entry = CampaignEntry(settings, settings.revision(), tmp_path / "work" / "toy", tmp_path)
    if request.param == "offline":
        inputs = OfflineInputs(
            campaign=settings, revision=entry.revision, folder=entry.folder, base_dir=entry.base_dir, results=()
        )
        return OfflineResults(inputs)
    store = Store(request.getfixturevalue("launchpad").db)
    store.prepare()
    store.register(entry)
    return store.results(entry)


def test_the_first_result_of_a_key_stays(results):
    results.put("relax", "a", "h1", Energy(energy_eV=1))
    results.put("relax", "a", "h1", Energy(energy_eV=2))
    assert results.get(Energy, "relax", "a", "h1") == Energy(energy_eV=1)


def test_the_inputs_that_came_last_are_current(results):
    results.put("relax", "a", "h1", Energy(energy_eV=1))
    results.put("relax", "a", "h2", Energy(energy_eV=2))
    assert results.get(Energy, "relax", "a") == Energy(energy_eV=2)
    results.put("relax", "a", "h1", Energy(energy_eV=3))
    assert results.get(Energy, "relax", "a") == Energy(energy_eV=1)
    assert results.get(Energy, "relax", "a", "h2") == Energy(energy_eV=2)


def test_a_result_that_was_made_again_takes_the_place_of_the_first(results):
    results.put("relax", "a", "h1", Energy(energy_eV=1))
    results.replace("relax", "a", "h1", Energy(energy_eV=2))
    assert results.get(Energy, "relax", "a", "h1") == Energy(energy_eV=2)


def test_what_is_not_there_is_none_and_what_is_required_an_error(results):
    assert results.get(Energy, "relax", "a") is None
    with pytest.raises(CheckpointError, match=r"relax of a.*has no result"):
        required(results, Energy, "relax", "a")


def test_what_is_something_else_than_the_stage_expects_is_refused(results):
    results.put("relax", "a", "h1", Document(energy="low"))
    with pytest.raises(ValidationError):
        results.get(Energy, "relax", "a")
