"""The fields that the reference names are those that the store writes, no more and no fewer."""

import pytest

from ewald.version import __version__
from screening.campaign import load_campaign
from screening.decision import Decision, Stage, Verdict
from tests.workflows.store.document import Document
from workflows.store import CampaignEntry, Failure, Store
from workflows.store.collections import COLLECTIONS

pytestmark = pytest.mark.mongod


@pytest.fixture
def filled(launchpad, campaign, tmp_path):
    store = Store(launchpad.db)
    store.prepare()
    settings = load_campaign(campaign())
    entry = CampaignEntry(settings, settings.revision(), tmp_path / "work" / "toy", tmp_path)
    store.register(entry)
    results = store.results(entry)
    results.put("relax", "x_a1", "h1", Document(energy_eV=-1.0), seconds=2.0)
    results.fail(Failure("relax:x_a2", "x_a2", "relax", "walltime", "too slow", 3))
    results.count_loss("relax:x_a2")
    results.keep("energies", "h", {"x_a1": 1.0})
    results.decide(
        Decision(
            campaign="toy", subject="x_a1", stage=Stage.RELAX, quantity="volume_change", value=0.01, unit="relative",
            threshold=0.25, verdict=Verdict.PASS, reason="relaxed", inputs_hash="h1", version=__version__,
        )
    )  # fmt: skip
    return launchpad.db


def test_every_collection_of_ours_is_described(filled):
    assert {name for name in filled.list_collection_names() if name.startswith("ionsieve_")} == set(COLLECTIONS)


@pytest.mark.parametrize("name", COLLECTIONS)
def test_documents_have_the_fields_that_are_described(filled, name):
    documents = list(filled[name].find({}, {"_id": 0}))
    assert documents
    for document in documents:
        assert set(document) == set(COLLECTIONS[name])
