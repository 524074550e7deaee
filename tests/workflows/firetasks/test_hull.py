"""The hull of a composition: who passes, who fails, who is undecided, and who of them goes on to MD."""

import time

import pytest

from ewald.errors import UserError
from screening.arrangements.candidate import Candidate
from screening.decision import Decision, Stage, Verdict
from tests.screening.hull.phases import phase
from workflows.campaign.campaign_file import open_campaign
from workflows.firetasks.hull import HullTask
from workflows.firetasks.md_segment import MDSegmentTask
from workflows.firetasks.stage_task import StageContext
from workflows.operations.submit import submit
from workflows.recovery.hull_barrier import mark_references_done
from workflows.spec import StageSpec
from workflows.store.entry import Failure

pytestmark = pytest.mark.mongod

ENERGIES_eV = {"x_a1": -2.35, "x_a2": -2.34, "x_a3": -1.0}
LI_Y_CL = {"Li": 0.0, "Y": 0.0, "Cl": 0.0, "LiCl": -2.1}
WHOLE = LI_Y_CL | {"YCl3": -2.6, "Li3YCl5": -2.0}


def store_candidate(results, name: str, energy_eV: float) -> None:
    relaxed = phase("Li3YCl6", energy_eV, name)
    candidate = Candidate(
        id=name, composition_id="x", mother="x", formula="Li3YCl6", rank=int(name[-1]), ewald_energy_eV=0.0,
        multiplicity="1", certified=True, structure=relaxed.structure, mobile="Li",
    )  # fmt: skip
    results.put("candidate", name, "h", candidate)
    results.put("relax", name, "h", relaxed)
    results.decide(sound(results, name))


def sound(results, name: str) -> Decision:
    return Decision(
        campaign=results.entry.name, subject=name, stage=Stage.RELAX, quantity="relaxation", value=None, unit="",
        threshold=None, verdict=Verdict.PASS, reason="sound", inputs_hash="h", version="0",
    )  # fmt: skip


@pytest.mark.parametrize(("known", "verdict"), [(WHOLE, Verdict.PASS), (LI_Y_CL, Verdict.UNDECIDED)])
@pytest.mark.parametrize("keep", [1, 2])
def test_what_is_not_failed_goes_on_lowest_first(launchpad, campaign, known, verdict, keep):
    path = campaign(hull={"threshold_meV_per_atom": 100, "keep_per_composition": keep})
    results = submit(open_campaign(str(path)), launchpad).results
    for name, energy_eV in ENERGIES_eV.items():
        store_candidate(results, name, energy_eV)
    for name, energy_eV in known.items():
        results.put("reference", name, "h", phase(name, energy_eV))
    mark_references_done(results)
    spec = StageSpec(
        campaign=results.entry.name, revision=results.entry.revision, composition="x", stage="hull", subject="x"
    )
    action = HullTask().run_stage(StageContext(spec, results.entry, results, launchpad, time.monotonic()))
    assert action.stored_data["go_on"] == ["x_a1", "x_a2"][:keep]
    assert len(action.additions) == keep
    found = {name: results.decision("hull", name) for name in ENERGIES_eV}
    assert found["x_a1"].verdict is verdict
    assert found["x_a2"].verdict is (verdict if keep == 2 else Verdict.FAIL)
    assert found["x_a2"].superseded_by == (None if keep == 2 else "x_a1")
    assert found["x_a3"].verdict is Verdict.FAIL
    assert found["x_a3"].superseded_by is None


def test_an_arrangement_that_relaxed_to_the_crystal_of_a_lower_one_takes_no_place_in_md(launchpad, campaign):
    path = campaign(hull={"threshold_meV_per_atom": 100, "keep_per_composition": 2})
    results = submit(open_campaign(str(path)), launchpad).results
    for name, energy_eV in WHOLE.items():
        results.put("reference", name, "h", phase(name, energy_eV))
    for name, energy_eV in {"x_a1": -2.35, "x_a2": -2.3499, "x_a3": -2.34, "x_a4": -2.33}.items():
        store_candidate(results, name, energy_eV)
    mark_references_done(results)
    assert take_hull(launchpad, results).stored_data["go_on"] == ["x_a1", "x_a3"]
    copy, higher = (results.decision("hull", name) for name in ("x_a2", "x_a4"))
    assert (copy.verdict, copy.superseded_by) == (Verdict.FAIL, "x_a1")
    assert "x_a1 relaxed to the same crystal and continues instead" in copy.reason
    assert "x_a1 of this composition is lower and continues instead" in higher.reason


def take_hull(launchpad, results):
    spec = StageSpec(
        campaign=results.entry.name, revision=results.entry.revision, composition="x", stage="hull", subject="x"
    )
    return HullTask().run_stage(StageContext(spec, results.entry, results, launchpad, time.monotonic()))


@pytest.fixture
def one_kept(launchpad, campaign):
    """A campaign whose compositions keep one arrangement, with its references."""
    path = campaign(hull={"threshold_meV_per_atom": 100, "keep_per_composition": 1})
    results = submit(open_campaign(str(path)), launchpad).results
    for name, energy_eV in WHOLE.items():
        results.put("reference", name, "h", phase(name, energy_eV))
    mark_references_done(results)
    return results


def md_decision(results, name):
    decision = sound(results, name)
    return decision.model_copy(update={"stage": Stage.SHORT_MD, "quantity": "conductivity", "reason": "fast"})


def test_a_hull_taken_again_over_more_arrangements_leaves_no_old_decision(launchpad, one_kept):
    """A failed relaxation was repeated, and is the lowest: the one that went on before does not any more."""
    results = one_kept
    store_candidate(results, "x_a2", -2.34)
    assert take_hull(launchpad, results).stored_data["go_on"] == ["x_a2"]
    results.decide(md_decision(results, "x_a2"))
    store_candidate(results, "x_a1", -2.35)
    assert take_hull(launchpad, results).stored_data["go_on"] == ["x_a1"]
    former = results.decision("hull", "x_a2")
    assert (former.verdict, former.superseded_by) == (Verdict.FAIL, "x_a1")
    assert "its MD, started after an earlier hull, no longer counts" in former.reason
    assert results.decision("short_md", "x_a2") is None
    spec = StageSpec(
        campaign=results.entry.name, revision=results.entry.revision, composition="x", stage="short_md",
        subject="x_a2", temperature_K=600.0,
    )  # fmt: skip
    context = StageContext(spec, results.entry, results, launchpad, time.monotonic())
    assert context.withdrawn() == former
    assert MDSegmentTask().run_stage(context).stored_data == {"withdrawn": former.reason}
    # The next one takes the first place back: nothing of the old decisions holds.
    store_candidate(results, "x_a0", -2.36)
    assert take_hull(launchpad, results).stored_data["go_on"] == ["x_a0"]
    passed = [d.subject for d in results.decisions() if d.stage is Stage.HULL and d.verdict is Verdict.PASS]
    assert passed == ["x_a0"]


def test_an_element_whose_reference_did_not_converge_is_named_with_what_to_do(launchpad, one_kept):
    store_candidate(one_kept, "x_a1", -2.35)
    one_kept.put("reference", "Cl", "other", phase("Cl", 0.0, "el_Cl", converged=False, max_force_eV_A=2.3))
    for name in set(WHOLE) - {"Cl"}:
        one_kept.put("reference", name, "h", phase(name, WHOLE[name]))
    with pytest.raises(
        UserError, match=r"relax.max_steps: the reference phase el_Cl.*in 10 steps \(largest force 2.3 eV"
    ):
        take_hull(launchpad, one_kept)


def test_no_hull_is_taken_over_a_screen_that_nobody_can_account_for(launchpad, one_kept):
    action = take_hull(launchpad, one_kept)
    (again,) = action.detours
    assert sorted(firework.spec["key"] for firework in again.fws) == ["ewald:x+1", "hull:x+1"]
    one_kept.fail(Failure("ewald:x", "x", "ewald", "input", "the cell is too large", 1))
    assert take_hull(launchpad, one_kept).detours == []
