from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from pymatgen.analysis.phase_diagram import PhaseDiagram
from pymatgen.core import Composition
from pymatgen.entries.computed_entries import ComputedEntry

from ewald.errors import UserError
from screening.campaign.stages import HullStage
from screening.decision import Verdict
from screening.hull.campaign_hull import with_campaign_phases
from screening.hull.entries import entries_of
from screening.hull.hull import decide_hull, hull_energies, reaction
from screening.hull.result import ElectrodeReaction, HullRecord
from screening.hull.wording import electrode_sentences
from tests.screening.hull.phases import NA_SB_S, PROVENANCE, phase, references


def test_energy_by_hand():
    # Na3SbS4 against 1.5 Na2S + 0.5 Sb2S3 + S: only these three, so that the tie-triangle is known.
    few = references({"Na": 0.0, "Sb": 0.0, "S": 0.0, "Na2S": -1.2, "Sb2S3": -0.4})
    (record,) = hull_energies([phase("Na3SbS4", -0.7)], few)
    products = (1.5 * 3 * -1.2 + 0.5 * 5 * -0.4) / 8
    assert record.hull_energy_meV_per_atom == pytest.approx(1000 * (-0.7 - products))
    assert record.formation_energy_eV_per_atom == pytest.approx(-0.7)
    assert record.decomposition == pytest.approx({"Na2S": 4.5 / 8, "Sb2S3": 2.5 / 8, "S": 1 / 8})
    assert record.reaction == "Na3SbS4 -> 1.5 Na2S + 0.5 Sb2S3 + S"
    assert record.missing_systems == ("Na-S", "Na-S-Sb")
    assert record.missing_compounds == ("Na2S4", "Na3SbS3", "NaSbS2")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-2, 0.2), min_size=len(NA_SB_S) - 3, max_size=len(NA_SB_S) - 3), st.floats(-1.5, 0.3))
def test_equals_pymatgen(energies, candidate):
    names = list(NA_SB_S)
    values = dict(zip(names, [0.0, 0.0, 0.0, *energies], strict=True))
    (record,) = hull_energies([phase("Na3SbS4", candidate)], references(values))
    entries = [ComputedEntry(n, e * Composition(n).num_atoms) for n, e in values.items()]
    ours = ComputedEntry("Na3SbS4", candidate * 8)
    above = PhaseDiagram([*entries, ours]).get_e_above_hull(ours)
    assert max(record.hull_energy_meV_per_atom, 0.0) == pytest.approx(1000 * above, abs=1e-6)


def test_a_stable_candidate_lies_below_the_hull_of_the_others():
    (record,) = hull_energies([phase("Na3SbS4", -1.5)], references())
    assert record.hull_energy_meV_per_atom < 0


def test_the_campaigns_own_phases_compete_but_not_with_their_own_composition():
    candidate = phase("Na3SbS4", -0.70, "c1")
    rivals = [phase("Na3SbS4", -2.0, "c2"), phase("NaSbS3", -1.2, "c3")]
    (alone,) = hull_energies([candidate], references())
    (record,) = with_campaign_phases([alone], [candidate, *rivals], references())
    assert alone.hull_energy_with_campaign_meV_per_atom is None
    assert record.hull_energy_meV_per_atom == alone.hull_energy_meV_per_atom
    assert record.hull_energy_with_campaign_meV_per_atom > record.hull_energy_meV_per_atom
    (only_own,) = with_campaign_phases([alone], [candidate, *rivals[:1]], references())
    assert only_own.hull_energy_with_campaign_meV_per_atom == pytest.approx(only_own.hull_energy_meV_per_atom)


def test_polymorphs_keep_their_names():
    few = [*references({"Na": 0, "S": 0, "Na2S": -1.2}), phase("Na2S", -1.3, "Na2S_other")]
    (record,) = hull_energies([phase("Na4S2", -1.0)], few)
    assert record.decomposition == {"Na2S [Na2S_other]": pytest.approx(1.0)}


def test_energies_of_two_engines_never_meet():
    other = PROVENANCE.model_copy(update={"energy_key": "toy-2"})
    foreign = [item.model_copy(update={"provenance": other}) for item in references()]
    with pytest.raises(UserError, match="cannot be compared"):
        hull_energies([phase("Na3SbS4", -0.7)], foreign)
    with pytest.raises(UserError, match="cannot be compared"):
        hull_energies([phase("Na3SbS4", -0.7)], [*references(), foreign[3]])
    with pytest.raises(UserError, match="cannot be compared"):
        hull_energies([phase("Na3SbS4", -0.7), foreign[3]], references())


def test_an_element_without_reference_is_named():
    few = references({"Na": 0, "S": 0, "Na2S": -1.2})
    with pytest.raises(UserError, match=r"element Sb .*el_Sb"):
        hull_energies([phase("Na3SbS4", -0.7)], few)


#: Li3YCl6 against LiCl and the elements: YCl3, which would take the yttrium, is not there.
LI_Y_CL = {"Li": 0.0, "Y": 0.0, "Cl": 0.0, "LiCl": -2.1}


def test_without_a_competing_phase_a_candidate_cannot_pass():
    (record,) = hull_energies([phase("Li3YCl6", -2.4)], references(LI_Y_CL))
    assert record.hull_energy_meV_per_atom < -1000
    assert record.missing_systems == ("Cl-Y",)
    assert record.missing_compounds == ("YCl3",)
    decision = decide_hull(record, HullStage(), campaign="demo")
    assert decision.verdict is Verdict.UNDECIDED
    lower_bound = "lower bound: competing phases missing (no reference of YCl3)"
    assert lower_bound in decision.reason
    assert decision.warnings == (lower_bound,)


def test_without_a_competing_phase_a_candidate_can_fail():
    (record,) = hull_energies([phase("Li3YCl6", -1.0)], references(LI_Y_CL))
    assert record.hull_energy_meV_per_atom > 100
    assert decide_hull(record, HullStage(), campaign="demo").verdict is Verdict.FAIL


def test_with_all_competing_phases_a_candidate_passes():
    known = references(LI_Y_CL | {"YCl3": -2.6})
    (record,) = hull_energies([phase("Li3YCl6", -2.36)], known)
    assert record.missing_systems == ()
    decision = decide_hull(record, HullStage(), campaign="demo")
    assert decision.verdict is Verdict.PASS
    assert decision.warnings == ()


def test_nothing_is_missing_in_systems_whose_known_phases_are_all_there():
    """Of Li-Cl-Y no further phase is known to who made the set, so that it needs none."""
    whole = replace(entries_of(references(LI_Y_CL)), systems=(frozenset({"Li", "Y", "Cl", "O"}),))
    (record,) = hull_energies([phase("Li3YCl6", -2.4)], whole)
    assert record.missing_systems == ()
    other = replace(whole, systems=(frozenset({"Li", "Y"}),))
    (record,) = hull_energies([phase("Li3YCl6", -2.4)], other)
    assert record.missing_systems == ("Cl-Y",)


@pytest.mark.parametrize("excluded", [set(), {"YCl3"}])
def test_window_and_reactions_are_withheld_without_the_phases_that_limit_them(excluded):
    every = LI_Y_CL | {"YCl3": -2.6, "Y2Cl3": -2.2}
    known = references({name: energy for name, energy in every.items() if name not in excluded})
    (record,) = hull_energies([phase("Li3YCl6", -2.36)], known, mobile="Li", window=True)
    (metal,) = record.electrode_reactions
    assert (record.window_width_V is None) == bool(excluded)
    assert metal.reaction == "0.25 Li3YCl6 + 0.75 Li -> 0.25 Y + 1.5 LiCl"  # which needs no YCl3
    assert (record.passivates_metal is None) == bool(excluded)
    decision = decide_hull(record, HullStage(min_window_V=0.5), campaign="demo")
    assert decision.verdict is (Verdict.UNDECIDED if excluded else Verdict.PASS)
    sentences = dict(electrode_sentences(record))
    assert sentences["Window"].startswith("not given") == bool(excluded)


def test_a_reaction_is_withheld_without_its_products():
    oxides = {"Cr": 0.0, "O": 0.0, "P": 0.0, "Cr2O3": -2.3, "NaCrO2": -2.2, "Na3PS4": -1.0}
    (record,) = hull_energies(
        [phase("Na3PS4", -1.0)], references(NA_SB_S | oxides), mobile="Na", cathodes=["NaCrO2"], window=True
    )
    (_, cathode_) = record.electrode_reactions
    assert cathode_.missing_compounds == ("Na3PO4", "NaCrS2")
    assert (cathode_.reaction, cathode_.products, cathode_.curve) == ("", (), ())
    assert cathode_.energy_meV_per_atom is not None  # it may still fail the candidate
    assert "withheld" in dict(electrode_sentences(record))["Reaction with NaCrO2"]


@pytest.mark.parametrize(("energy", "verdict"), [(-99.0, Verdict.PASS), (-101.0, Verdict.UNDECIDED)])
def test_an_energy_far_below_the_hull_is_doubted(energy, verdict):
    decision = decide_hull(record_of(energy), HullStage(), campaign="demo")
    assert decision.verdict is verdict
    assert ("doubtful" in decision.reason) == (verdict is Verdict.UNDECIDED)


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, Verdict.PASS),
        ({"missing_systems": ("O-P",)}, Verdict.UNDECIDED),
        ({"partner_on_hull": True}, Verdict.UNDECIDED),
        ({"missing_systems": ("O-P",), "energy_meV_per_atom": -80.0}, Verdict.FAIL),
    ],
)
def test_a_lower_bound_of_a_reaction_fails_and_never_passes(change, verdict):
    found = cathode(-30.0).model_copy(update=change)
    rule = HullStage(cathodes=("NaCrO2",), max_cathode_reaction_meV_per_atom=50)
    assert decide_hull(record_of(10.0, electrode_reactions=(found,)), rule, campaign="demo").verdict is verdict


@given(st.floats(-3, 1), st.sets(st.sampled_from(["YCl3", "Li3YCl5"])), st.sampled_from([None, 1.0]))
def test_a_lower_bound_never_passes(energy, known, min_window_V):
    phases = LI_Y_CL | dict.fromkeys(known, -2.5)
    (record,) = hull_energies([phase("Li3YCl6", energy)], references(phases))
    decision = decide_hull(record, HullStage(min_window_V=min_window_V), campaign="demo")
    assert decision.verdict is not Verdict.PASS or not record.missing_systems
    assert (decision.verdict is Verdict.FAIL) == (record.hull_energy_meV_per_atom > 100)


def record_of(energy, **changes):
    values = {
        "candidate_id": "c",
        "hull_energy_meV_per_atom": energy,
        "formation_energy_eV_per_atom": -1.0,
        "decomposition": {"Na2S": 1.0},
        "reaction": "X -> Na2S",
    }
    return HullRecord(**(values | changes))


@pytest.mark.parametrize(
    ("energy", "settings_", "verdict"),
    [
        (99.0, {}, Verdict.PASS),
        (100.0, {}, Verdict.PASS),
        (101.0, {}, Verdict.FAIL),
        (-5.0, {}, Verdict.PASS),
        (30.0, {"threshold_meV_per_atom": 25}, Verdict.FAIL),
    ],
)
def test_threshold(energy, settings_, verdict):
    decision = decide_hull(record_of(energy), HullStage(**settings_), campaign="demo")
    assert decision.verdict is verdict
    assert decision.unit == "meV/atom"
    assert "X -> Na2S" in decision.reason


@pytest.mark.parametrize(("high", "verdict"), [(2.5, Verdict.PASS), (1.5, Verdict.FAIL), (None, Verdict.UNDECIDED)])
def test_window_filter(high, verdict):
    record = record_of(10.0, window_low_V=None if high is None else 1.0, window_high_V=high)
    decision = decide_hull(record, HullStage(min_window_V=1.0), campaign="demo")
    assert decision.verdict is verdict
    assert (record.window_width_V is None) == (high is None)


def test_oxidation_states_do_not_matter():
    candidate = phase("Na3SbS4", -0.7)
    decorated = candidate.structure.copy()
    decorated.add_oxidation_state_by_element({"Na": 1, "Sb": 5, "S": -2})
    (plain,) = hull_energies([candidate], references())
    (with_states,) = hull_energies([candidate.model_copy(update={"structure": decorated})], references())
    assert plain == with_states


def test_reaction_of_nothing_but_itself():
    assert reaction(Composition("Na4S2"), {ComputedEntry("Na2S", 0): 1.0}) == "Na2S -> Na2S"


def test_products_of_equal_amounts_stand_in_the_order_of_their_formulas_whatever_the_rounding():
    for first, second in ((0.4, 0.4 + 1e-16), (0.4 + 1e-16, 0.4)):
        products = {ComputedEntry("S", 0): first, ComputedEntry("Na", 0): second, ComputedEntry("WS2", 0): 0.2}
        assert reaction(Composition("Na6W1S8"), products) == "Na6WS8 -> 6 Na + 6 S + WS2"


def test_window_is_computed_on_request():
    whole = replace(entries_of(references()), systems=(frozenset({"Na", "Sb", "S"}),))
    (record,) = hull_energies([phase("Na3SbS4", -0.95)], whole, mobile="Na", window=True)
    assert 0 < record.window_low_V < record.window_high_V
    assert record.products_at_metal == ("Na2S", "Na3Sb")
    assert record.passivates_metal is False
    (metal,) = record.electrode_reactions
    assert metal.partner == "Na"
    assert metal.energy_meV_per_atom < -100
    assert {product.formula for product in record.product_conduction} >= {"Na2S", "Na3Sb"}
    assert "Na2S" in record.reduction
    assert HullRecord.from_document(record.to_document()) == record


def test_cathodes_react_when_their_elements_have_references():
    oxides = {"Cr": 0.0, "O": 0.0, "Cr2O3": -2.3, "Na2O": -1.4, "NaCrO2": -2.2, "Na2SO4": -2.0, "Cr2S3": -0.8}
    known = references(NA_SB_S | oxides)
    (record,) = hull_energies([phase("Na3SbS4", -0.95)], known, mobile="Na", window=True)
    reactions = {reaction.partner: reaction for reaction in record.electrode_reactions}
    assert set(reactions) == {"Na", "NaCrO2"}
    assert reactions["NaCrO2"].energy_meV_per_atom <= 0


def test_records_of_format_1_are_read():
    content = record_of(10.0).to_document() | {"electrode_reactions_meV_per_atom": {"Na": -400.0}}
    del content["electrode_reactions"], content["product_conduction"]
    (metal,) = HullRecord.from_document(content).electrode_reactions
    assert (metal.partner, metal.energy_meV_per_atom) == ("Na", -400.0)


def cathode(energy):
    return ElectrodeReaction(partner="NaCrO2", energy_meV_per_atom=energy)


@pytest.mark.parametrize(("energy", "verdict"), [(-30, Verdict.PASS), (-80, Verdict.FAIL), (None, Verdict.UNDECIDED)])
def test_cathode_filter(energy, verdict):
    metal = ElectrodeReaction(partner="Na", energy_meV_per_atom=-500.0)
    record = record_of(10.0, electrode_reactions=(metal, cathode(energy)))
    rule = HullStage(cathodes=("NaCrO2",), max_cathode_reaction_meV_per_atom=50)
    decision = decide_hull(record, rule, campaign="demo")
    assert decision.verdict is verdict
    assert "NaCrO2" in decision.reason or verdict is Verdict.PASS


@pytest.mark.parametrize("wrong", ["Foo", "Na", "NaCrO2)", "", "nacro2"])
def test_a_cathode_has_to_be_a_formula(wrong):
    with pytest.raises(ValidationError, match="cathode"):
        HullStage(cathodes=(wrong,))
    with pytest.raises(ValidationError, match="needs cathodes"):
        HullStage(max_cathode_reaction_meV_per_atom=50)
