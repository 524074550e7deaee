import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.analysis.phase_diagram import PhaseDiagram
from pymatgen.core import Composition
from pymatgen.entries.computed_entries import ComputedEntry

from screening.hull.known_compounds import (
    missing_compounds,
    missing_for_reaction,
    missing_for_window,
    stable_compounds,
    systems_of,
    unbound_cations,
)

#: What the hulls of the published campaign need (Na-Sb-S, Na-P-S) and what limits halide electrolytes.
EXPECTED = {"Na2S", "NaSbS2", "Na3SbS3", "Na3PS4", "Sb2S3", "P2S5", "LiCl", "YCl3", "Y2Cl3", "ZrCl4", "Li3InCl6"}


def test_the_table_holds_compounds_everybody_knows():
    table = stable_compounds()
    assert len(table) > 30000
    assert set(table) >= EXPECTED
    # Measured: -411 kJ/mol of NaCl and -409 of LiCl (CODATA and NIST-JANAF); GGA with corrections is 3 % off.
    for formula, kJ_mol in (("NaCl", -411.1), ("LiCl", -408.6)):
        assert table[formula] == pytest.approx(kJ_mol / 96.485 / 2, rel=0.05)
    assert all(Composition(name).reduced_formula == name for name in list(table)[::500])


def brute_force(formula, available):
    """The decomposition from a diagram of all compounds of the table, whatever their elements."""
    composition = Composition(formula)
    symbols = {element.symbol for element in composition}
    inside = [name for name in stable_compounds() if {e.symbol for e in Composition(name)} <= symbols]
    entries = [ComputedEntry(symbol, 0.0) for symbol in symbols]
    for name in inside:
        if name != composition.reduced_formula or name in available:
            entries.append(ComputedEntry(name, stable_compounds()[name] * Composition(name).num_atoms))
    found = PhaseDiagram(entries).get_decomposition(composition)
    return {entry.composition.reduced_formula for entry, share in found.items() if share > 1e-4} - symbols - available


@pytest.mark.parametrize("formula", ["Li3YCl6", "Na3SbS4", "Li6PS5Cl", "Li3InCl6", "Na11Sb3WS16"])
def test_equals_a_diagram_of_every_compound(formula):
    for available in (set(), {"LiCl", "Na2S"}, set(stable_compounds())):
        assert set(missing_compounds(Composition(formula), available)) == brute_force(formula, available)


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.sampled_from(["Li", "Na", "Y", "Zr", "P", "S", "Cl"]), st.integers(1, 6), min_size=2))
def test_with_every_known_compound_nothing_is_missing(amounts):
    composition = Composition(amounts)
    missing = missing_compounds(composition, set())
    assert missing_compounds(composition, set(missing) | {composition.reduced_formula}) == () or (
        composition.reduced_formula in stable_compounds()
    )
    assert missing_compounds(composition, set(stable_compounds())) == ()
    assert composition.reduced_formula not in missing


def test_a_phase_of_its_own_composition_counts_only_as_a_reference():
    li3incl6 = Composition("Li3InCl6")
    assert missing_compounds(li3incl6, {"LiCl", "InCl3"}) == ()
    assert missing_compounds(li3incl6, {"Li3InCl6"}) == ()


def test_the_window_depends_on_more_phases_than_the_energy():
    # Li3YCl6 is reduced to Y2Cl3 (published: 0.62 V, Y2Cl3 or Y), which its own decomposition does not hold.
    li3ycl6 = Composition("Li3YCl6")
    assert missing_compounds(li3ycl6, {"LiCl", "YCl3"}) == ()
    assert missing_for_window(li3ycl6, "Li", {"LiCl", "YCl3"}) == ("Y2Cl3",)
    assert missing_for_window(li3ycl6, "Li", {"LiCl", "YCl3", "Y2Cl3"}) == ()


def test_a_reaction_depends_on_what_forms_where_it_releases_the_most():
    # Na3PS4 exchanges its P for the Cr of the oxide (Y. Xiao et al., Nat. Rev. Mater. 5, 105 (2020)).
    found = missing_for_reaction(Composition("Na3PS4"), Composition("NaCrO2"), {"Na3PS4", "NaCrO2"})
    assert set(found) == {"Na3PO4", "NaCrS2"}
    assert missing_for_reaction(Composition("NaCl"), Composition("LiCl"), {"NaCl", "LiCl"}) == ()


def test_a_cation_without_any_compound_of_the_anions_is_named():
    phases = [{"Li"}, {"Y"}, {"Cl"}, {"Li", "Cl"}]
    assert unbound_cations(["Li", "Y", "Cl"], phases) == ("Y",)
    assert unbound_cations(["Li", "Y", "Cl"], [*phases, {"Y", "Cl"}]) == ()
    assert unbound_cations(["Li", "Y", "Cl"], [*phases, {"Y", "Cl", "O"}]) == ("Y",)
    assert unbound_cations(["Na", "Sb"], []) == ()


def test_systems_are_named_once_and_the_small_ones_first():
    assert systems_of(["Na3SbS3", "NaSbS2", "Na2S"], [], ["Na", "Sb", "S"]) == ("Na-S", "Na-S-Sb")
    assert systems_of([], ["Er"], ["Li", "Er", "Cl", "I"]) == ("Cl-Er", "Er-I")
