import pytest
from pymatgen.analysis.phase_diagram import PhaseDiagram
from pymatgen.core import Composition
from pymatgen.entries.computed_entries import ComputedEntry

from ewald.errors import UserError
from screening.hull.electrodes import electrode_reactions, interface_reaction
from screening.hull.entries import entries_of
from tests.screening.hull.phases import NA_SB_S, phase, references

OXIDES = {"Cr": 0.0, "O": 0.0, "Cr2O3": -2.3, "Na2O": -1.4, "NaCrO2": -2.05, "Na2SO4": -2.5, "Cr2S3": -0.8}


def entry(formula, energy):
    return entries_of([phase(formula, energy)]).entries[0]


def test_reaction_with_the_metal():
    known = entries_of(references()).entries
    contact = interface_reaction(entry("Na3SbS4", -0.95), "Na", known)
    assert contact.energy_meV_per_atom < -100
    assert {"Na2S", "Na3Sb"} <= set(contact.products)
    assert 0 < contact.electrolyte_share < 1


def test_inert_partners_do_not_react():
    known = entries_of(references()).entries
    contact = interface_reaction(entry("Na2S", -1.27), "Na", known)
    assert contact.energy_meV_per_atom == pytest.approx(0.0, abs=1e-6)


def test_a_partner_of_unknown_elements_is_named():
    known = entries_of(references()).entries
    with pytest.raises(UserError, match=r"no reference phases with Cr, O"):
        interface_reaction(entry("Na3SbS4", -0.95), "NaCrO2", known)


def test_energy_by_hand():
    # Na2S and S with Na2S2 between: at one S to one Na2S, per atom of the mixture, dG = E(Na2S2) - 3/4 E(Na2S).
    known = entries_of(references({"Na": 0.0, "S": 0.0, "Na2S": -1.2, "Na2S2": -1.0})).entries
    contact = interface_reaction(entry("Na2S", -1.2), "S", known, [frozenset({"Na", "S"})])
    assert contact.energy_meV_per_atom == pytest.approx(1000 * (-1.0 + 0.75 * 1.2))
    assert contact.electrolyte_share == pytest.approx(0.75)
    assert contact.products == ("Na2S2",)
    assert contact.curve[0] == (0.0, 0.0)
    assert contact.curve[-1] == (1.0, 0.0)
    assert [share for share, _ in contact.curve] == sorted(share for share, _ in contact.curve)


def test_the_worst_mixture_equals_a_scan_of_the_hull():
    known = entries_of(references(NA_SB_S | OXIDES)).entries
    ours = entry("Na3SbS4", -0.95)
    contact = interface_reaction(ours, "NaCrO2", known, [frozenset({"Na", "Sb", "S", "Cr", "O"})])
    diagram = PhaseDiagram([*known, ours])
    partner = next(reference for reference in known if reference.composition.reduced_formula == "NaCrO2")
    scan = []
    for step in range(1, 200):
        share = step / 200
        ours_x, theirs_x = ours.composition.fractional_composition, partner.composition.fractional_composition
        mixture = Composition({e: share * ours_x[e] + (1 - share) * theirs_x[e] for e in ("Na", "Sb", "S", "Cr", "O")})
        bare = share * ours.energy_per_atom + (1 - share) * partner.energy_per_atom
        scan.append((1000 * (diagram.get_hull_energy_per_atom(mixture) - bare), share))
    lowest, share = min(scan)
    assert lowest < -20
    assert contact.energy_meV_per_atom == pytest.approx(lowest, abs=1.0)
    assert contact.electrolyte_share == pytest.approx(share, abs=0.01)
    assert not contact.partner_on_hull


def test_missing_systems_and_an_unknown_partner_are_told():
    few = {name: energy for name, energy in (NA_SB_S | OXIDES).items() if name not in {"NaCrO2", "Na2SO4"}}
    contact = interface_reaction(entry("Na3SbS4", -0.95), "NaCrO2", entries_of(references(few)).entries)
    assert contact.partner_on_hull
    assert "Na-O-S" in contact.missing_systems


def test_the_usual_cathodes_react_when_their_elements_have_references():
    known = entries_of(references(NA_SB_S | OXIDES)).entries
    assert [r.partner for r in electrode_reactions(entry("Na3SbS4", -0.95), known, "Na")] == ["Na", "NaCrO2"]


def test_a_cathode_that_was_asked_for_is_never_dropped():
    known = entries_of(references()).entries
    metal, cathode = electrode_reactions(entry("Na3SbS4", -0.95), known, "Na", ["NaFePO4"])
    assert metal.energy_meV_per_atom < -100
    assert (cathode.partner, cathode.energy_meV_per_atom) == ("NaFePO4", None)
    assert cathode.missing_systems == ("Fe", "O", "P")


def test_entries_stay_as_they_are():
    known = entries_of(references()).entries
    ours = ComputedEntry("Na3SbS4", -5.0, entry_id="x")
    interface_reaction(ours, "Na", known)
    assert ours.energy == -5.0
