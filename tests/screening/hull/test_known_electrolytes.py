"""Na3SbS4 and Na3PS4 against electrodes, from energies of the shipped references.

`sevennet_entries.csv` holds the energies (eV per formula as written, with the 2020 corrections) of the shipped
structures of Na-Sb-P-S-Cr-Fe-O, relaxed by this package with SevenNet-0 (sevenn 0.13.0) to 0.05 eV/A.
"""

import csv
from pathlib import Path

import pytest
from pymatgen.core import Composition
from pymatgen.entries.computed_entries import ComputedEntry

from screening.hull.conduction import passivates, product_conduction
from screening.hull.electrodes import interface_reaction
from screening.hull.entries import EntrySet
from screening.hull.hull import phase_diagram
from screening.hull.known_compounds import missing_for_window
from screening.hull.window import electrochemical_window
from screening.species import elements_of

ROWS = list(csv.DictReader(Path(__file__).with_name("sevennet_entries.csv").read_text().splitlines()))
ENTRIES = [ComputedEntry(row["formula"], float(row["energy_eV"]), entry_id=row["name"]) for row in ROWS]


def electrolyte(formula):
    """The lowest polymorph, and the entries without that compound."""
    mine = [entry for entry in ENTRIES if entry.composition.reduced_formula == formula]
    return min(mine, key=lambda entry: entry.energy_per_atom), [entry for entry in ENTRIES if entry not in mine]


def window_of(formula):
    entry, others = electrolyte(formula)
    return electrochemical_window(entry, [other for other in others if elements_of(other) <= elements_of(entry)], "Na")


def test_na3sbs4_decomposes_against_sodium():
    # Jalem et al. 2022: at 0 V Na3SbS4 decomposes, to Na2S and Na3Sb, whose layer carries electrons.
    window = window_of("Na3SbS4")
    assert window.at_metal == ("Na2S", "Na3Sb")
    assert window.low_V == pytest.approx(1.36, abs=0.02)
    assert window.high_V == pytest.approx(1.83, abs=0.02)
    assert passivates(window.at_metal, [product_conduction(name) for name in window.at_metal]) is False


def test_na3ps4_reacts_with_sodium_to_sulfide_and_phosphide():
    # Wenzel et al. 2016 found Na2S and Na3P between Na3PS4 and sodium.
    window = window_of("Na3PS4")
    assert window.at_metal == ("Na2S", "Na3P")
    assert 1.0 < window.low_V < 1.3
    assert 2.1 < window.high_V < 2.4
    assert passivates(window.at_metal, [product_conduction(name) for name in window.at_metal]) is None


def test_na3ps4_exchanges_sulfur_for_oxygen_with_sodium_chromite():
    # H. Tang et al., Chem. Mater. 30, 163 (2018): PO4 against PS4 is the driving force with oxide cathodes.
    entry, others = electrolyte("Na3PS4")
    contact = interface_reaction(entry, "NaCrO2", others)
    assert contact.products == ("Na3PO4", "NaCrS2")
    assert not contact.partner_on_hull
    # Na3PS4 + 2 NaCrO2 -> 2 NaCrS2 + Na3PO4 by hand, per atom of 16.
    energy = {e.composition.reduced_formula: e.energy_per_atom * Composition(e.composition.reduced_formula).num_atoms
              for e in ENTRIES}  # fmt: skip
    by_hand = 2 * energy["NaCrS2"] + energy["Na3PO4"] - 2 * energy["NaCrO2"]
    by_hand -= 8 * entry.energy_per_atom
    assert contact.energy_meV_per_atom == pytest.approx(1000 * by_hand / 16, abs=0.1)


def test_na3sbs4_has_no_such_exchange():
    # No phosphate can form from it. The Materials Project's hull does not hold it, but what it would decompose into.
    entry, others = electrolyte("Na3SbS4")
    contact = interface_reaction(entry, "NaCrO2", others)
    assert contact.energy_meV_per_atom == pytest.approx(0.0, abs=1.0)
    assert contact.missing_systems == ("Na-S-Sb",)


def test_polymorphs_of_the_mother_compete():
    polymorphs = [entry for entry in ENTRIES if entry.composition.reduced_formula == "Na3PS4"]
    assert len(polymorphs) > 2
    highest = max(polymorphs, key=lambda entry: entry.energy_per_atom)
    others = [e for e in ENTRIES if e is not highest and elements_of(e) <= {"Na", "P", "S"}]
    decomposition, energy = phase_diagram(others, frozenset({"Na", "P", "S"})).get_decomp_and_e_above_hull(highest)
    assert [entry.composition.reduced_formula for entry in decomposition] == ["Na3PS4"]
    assert energy >= 0


HALIDES = list(csv.DictReader(Path(__file__).with_name("sevennet_halides.csv").read_text().splitlines()))


@pytest.mark.parametrize(
    ("formula", "mobile", "low_V", "high_V", "product"),
    [("Li3YCl6", "Li", 0.62, 4.21, "YCl3"), ("Li3InCl6", "Li", 2.38, 4.30, "InCl3")],
)
def test_windows_of_halides_are_the_published_ones(formula, mobile, low_V, high_V, product):
    """S. Wang et al., Angew. Chem. Int. Ed. 58, 8039 (2019); `sevennet_halides.csv` is made as the other table."""
    entries = [ComputedEntry(row["formula"], float(row["energy_eV"]), entry_id=row["name"]) for row in HALIDES]
    elements = elements_of(formula)
    within = [entry for entry in entries if elements_of(entry) <= elements]
    (mine,) = [entry for entry in within if entry.composition.reduced_formula == formula]
    others = EntrySet(tuple(entry for entry in within if entry is not mine), "")
    assert others.missing_compounds(mine.composition) == ()
    assert missing_for_window(mine.composition, mobile, others.formulas) == ()
    limits = electrochemical_window(mine, others.entries, mobile)
    assert limits.low_V == pytest.approx(low_V, abs=0.1)
    assert limits.high_V == pytest.approx(high_V, abs=0.1)
    assert product in limits.oxidation
    _, above = phase_diagram(others.entries, elements).get_decomp_and_e_above_hull(mine, allow_negative=True)
    assert -0.02 < above < 0.02
