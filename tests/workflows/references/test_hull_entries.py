import pytest
from monty.serialization import dumpfn
from pymatgen.entries.computed_entries import ComputedEntry

from ewald.errors import UserError
from screening.campaign.execution import EngineChoice
from workflows.campaign.campaign_file import open_campaign
from workflows.engines.registry import load_engine
from workflows.operations.record_builder import build_record
from workflows.operations.submit import submit
from workflows.workers.worker import work

pytestmark = pytest.mark.mongod

ELEMENTS = {"Na": -1.0, "Sb": -2.0, "S": -3.0, "W": -4.0}


@pytest.fixture
def entries_file(tmp_path):
    def write(elements=ELEMENTS, energy_key=None):
        key = energy_key or load_engine(EngineChoice(preset="toy")).provenance.energy_key
        entries = [ComputedEntry(name, energy, entry_id=f"el-{name}") for name, energy in elements.items()]
        entries.append(ComputedEntry("Na2S", -9.0, entry_id="mine"))
        dumpfn({"energy_key": key, "entries": entries}, tmp_path / "entries.json")
        return {
            "references": "file",
            "references_file": "entries.json",
            "threshold_meV_per_atom": 100000,
            "allow_missing_references": True,
        }

    return write


@pytest.mark.slow
def test_a_campaign_runs_on_a_file_of_entries(launchpad, campaign, entries_file, tmp_path):
    results = submit(open_campaign(str(campaign(hull=entries_file()))), launchpad).results
    work(launchpad, results)
    record = build_record(results)
    assert record.references == ()
    assert {run.stage for run in record.md} >= {"short_md"}
    (within,) = [d for d in record.decisions if d.stage == "hull" and d.verdict != "fail"]
    assert within.verdict == "undecided"  # of all that competes, the file holds Na2S alone
    relaxed = {item.id: item for item in record.relaxed}[within.subject]
    atoms = relaxed.structure.composition.remove_charges().get_el_amt_dict()
    # Na2S lies lower than its elements, so all Na goes into it as far as the S lasts.
    products = 5 / 2 * -9.0 + ELEMENTS["Sb"] + ELEMENTS["W"] + (8 - 5 / 2) * ELEMENTS["S"]
    assert atoms == {"Na": 5, "Sb": 1, "W": 1, "S": 8}
    assert within.value == pytest.approx(1000 * (relaxed.energy_eV - products) / 15)
    first = record.hulls[0]
    assert first.hull_energy_with_campaign_meV_per_atom == pytest.approx(first.hull_energy_meV_per_atom)
    (tmp_path / "entries.json").unlink()
    assert len(build_record(results).hulls) == len(record.hulls)


def test_what_is_wrong_with_the_file_is_said_before_anything_is_submitted(launchpad, campaign, entries_file, tmp_path):
    def refused(match, **changes):
        path = campaign(hull=entries_file(**changes))
        with pytest.raises(UserError, match=match):
            submit(open_campaign(str(path)), launchpad)

    refused("cannot be compared", energy_key="another")
    path = campaign(hull=entries_file() | {"allow_missing_references": False})
    with pytest.raises(UserError, match=r"hull\.references.*no reference combines (Sb|W) with an anion"):
        submit(open_campaign(str(path)), launchpad)
    refused("no phase of the element W", elements={"Na": -1.0, "Sb": -2.0, "S": -3.0})
    path = campaign(hull=entries_file())
    (tmp_path / "entries.json").unlink()
    with pytest.raises(UserError, match=r"entries\.json.*no such file"):
        submit(open_campaign(str(path)), launchpad)
    assert launchpad.fireworks.count_documents({}) == 0
