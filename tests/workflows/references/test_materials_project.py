import json
import sys
from contextlib import contextmanager

import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.entries.computed_entries import ComputedStructureEntry, ConstantEnergyAdjustment

from ewald.errors import CampaignError, DependencyError, UserError
from screening.campaign import Campaign
from screening.campaign.execution import EngineChoice
from screening.relaxation.relaxation import Provenance
from screening.value import content_hash
from tests.toy_campaign import TOY
from workflows.references import materials_project
from workflows.references.hull_entries import check_references, given_entries, prepare_references
from workflows.references.materials_project import ensure_entries, require_compatible
from workflows.store import CampaignEntry

KEY = "0123456789abcdef0123456789abcdef"
SYSTEM = frozenset({"Na", "S"})


def entry(name, formula, energy_eV, correction_eV=0.0):
    """An entry of the shape that `MPRester.get_entries_in_chemsys` returns."""
    symbols = {"Na": ["Na"], "S": ["S"], "Na2S": ["Na", "Na", "S"]}[formula]
    sites = [[0.3 * i, 0.2 * i, 0.1 * i] for i in range(len(symbols))]
    adjustments = [ConstantEnergyAdjustment(correction_eV, name="MP2020 anion correction (S)")] if correction_eV else []
    return ComputedStructureEntry(
        Structure(Lattice.cubic(4), symbols, sites),
        energy_eV,
        energy_adjustments=adjustments,
        parameters={"run_type": "GGA", "is_hubbard": False},
        data={"material_id": name, "task_id": f"{name}-task", "oxidation_states": {}},
        entry_id=f"{name}-GGA",
    )


ENTRIES = [entry("mp-127", "Na", -1.31), entry("mp-77", "S", -4.13), entry("mp-648", "Na2S", -11.2, -0.503)]


class StubClient:
    """Answers as the Materials Project's client does, and notes what it was asked."""

    def __init__(self, entries=ENTRIES, error=None):
        self.entries, self.error, self.asked, self.keys = entries, error, [], []

    @contextmanager
    def __call__(self, key):
        self.keys.append(key)
        yield self

    def get_entries_in_chemsys(self, elements, **criteria):
        if self.error is not None:
            raise self.error
        self.asked.append((tuple(elements), criteria))
        return self.entries


@pytest.fixture
def key(monkeypatch):
    monkeypatch.setenv("MP_API_KEY", KEY)


def provenance(energy_key="k"):
    return Provenance(engine="vasp", code="VASP", version="6", energy_key=energy_key, settings={})


def campaign_entry(folder, **changes):
    campaign = Campaign.model_validate({**TOY, "engine": {"preset": "vasp"}, **changes})
    return CampaignEntry(campaign, campaign.revision(), folder, folder)


def test_entries_are_fetched_once_with_one_functional_and_keep_their_corrections(tmp_path, key):
    client = StubClient()
    systems = [frozenset({"Na"}), SYSTEM]
    path = ensure_entries(tmp_path, systems, "k", connect=client)
    ensure_entries(tmp_path, systems, "k", connect=client)
    assert client.asked == [(("Na", "S"), {"additional_criteria": {"thermo_types": ["GGA_GGA+U"]}})]
    found = given_entries(campaign_entry(tmp_path, hull={"references": "materials-project"}), provenance())
    energies = {str(item.entry_id): item.energy for item in found.entries}
    assert energies == pytest.approx({"mp-127-GGA": -1.31, "mp-77-GGA": -4.13, "mp-648-GGA": -11.703})
    assert KEY not in path.read_text()


def test_what_is_there_needs_neither_network_nor_key(tmp_path, key, monkeypatch):
    ensure_entries(tmp_path, [SYSTEM], "k", connect=StubClient())
    monkeypatch.delenv("MP_API_KEY")
    assert ensure_entries(tmp_path, [SYSTEM], "k").is_file()
    with pytest.raises(UserError, match="MP_API_KEY is not set"):
        ensure_entries(tmp_path, [SYSTEM | {"W"}], "k")
    with pytest.raises(UserError, match="MP_API_KEY is not set"):
        ensure_entries(tmp_path, [SYSTEM], "other settings")


def test_a_damaged_file_is_fetched_again(tmp_path, key):
    ensure_entries(tmp_path, [SYSTEM], "k", connect=StubClient()).write_text("{")
    path = ensure_entries(tmp_path, [SYSTEM], "k", connect=StubClient())
    assert len(json.loads(path.read_text())["entries"]) == 3


class MPRestError(Exception):
    pass


@pytest.mark.parametrize("error", [MPRestError(f"403 for key {KEY}\nForbidden"), OSError("no route"), ValueError(KEY)])
def test_a_refusal_is_one_line_without_the_key(tmp_path, key, error):
    with pytest.raises(UserError, match="cannot be reached") as caught:
        ensure_entries(tmp_path, [SYSTEM], "k", connect=StubClient(error=error))
    assert KEY not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_element_is_named(tmp_path, key):
    with pytest.raises(UserError, match="no phase of W"):
        ensure_entries(tmp_path, [SYSTEM | {"W"}], "k", connect=StubClient())


def test_a_missing_client_is_named_with_the_extra(tmp_path, key, monkeypatch):
    monkeypatch.setitem(sys.modules, "mp_api.client", None)
    with pytest.raises(DependencyError, match=r"pip install .*\[mp\]"):
        ensure_entries(tmp_path, [SYSTEM], "k")


@pytest.mark.parametrize(
    ("choice", "why"),
    [
        ({"preset": "toy"}, "energies of the engine ase"),
        ({"preset": "sevennet"}, "energies of the engine ase"),
        ({"preset": "cp2k"}, "energies of the engine cp2k"),
        ({"preset": "vasp", "settings": {"relax_set": "MPScanRelaxSet"}}, "MPScanRelaxSet is not"),
        ({"preset": "vasp", "settings": {"mp2020_corrections": False}}, "mp2020_corrections is false"),
        ({"preset": "vasp", "settings": {"relax_incar": {"ENCUT": 400}}}, "relax_incar changes ENCUT"),
    ],
)
def test_energies_that_may_not_meet_are_refused_in_one_line(choice, why, tmp_path):
    with pytest.raises(CampaignError, match=why):
        require_compatible(EngineChoice.model_validate(choice))
    campaign = Campaign.model_validate({**TOY, "engine": choice, "hull": {"references": "materials-project"}})
    with pytest.raises(CampaignError, match=why):
        check_references(campaign, tmp_path, [])


def test_vasp_as_shipped_is_accepted():
    require_compatible(EngineChoice(preset="vasp"))
    require_compatible(EngineChoice(preset="vasp", settings={"relax_incar": {"NCORE": 4}}))


def test_submission_fetches_for_the_elements_of_the_campaign(tmp_path, key, monkeypatch):
    client = StubClient()
    monkeypatch.setattr(materials_project, "_client", client)
    monkeypatch.setattr(materials_project, "_require_elements", lambda *_: None)
    chosen = campaign_entry(tmp_path, hull={"references": "materials-project"})
    from screening.plan.plan import build_plan

    prepare_references(chosen, build_plan(chosen.campaign, tmp_path).compositions)
    assert client.asked[0][0] == ("Na", "S", "Sb", "W")
    assert content_hash(client.keys) == content_hash([KEY])
