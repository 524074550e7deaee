"""Hull, window and reactions from published formation energies, against pymatgen and against sums by hand.

The energies are the experimental ones that the Materials Project's corrections were fitted to (A. Wang et al., Sci.
Rep. 11, 15496 (2021)), in eV per formula unit at 298 K, as pymatgen carries them.
"""

import functools
from importlib.resources import files

import pytest
from monty.serialization import loadfn
from pymatgen.analysis.phase_diagram import PhaseDiagram
from pymatgen.core import Composition
from pymatgen.entries.computed_entries import ComputedEntry

from screening.hull.electrodes import interface_reaction
from screening.hull.entries import EntrySet
from screening.hull.hull import phase_diagram
from screening.hull.window import electrochemical_window
from screening.species import elements_of

ELEMENTS = ("Na", "Cr", "O", "P", "S", "Fe")


@functools.cache
def published() -> EntrySet:
    path = files("pymatgen.analysis.compatibility").joinpath("exp_compounds.json.gz")
    found = {}
    for row in loadfn(str(path)):
        composition = Composition(row["formula"])
        if {e.symbol for e in composition.elements} <= set(ELEMENTS) and composition.num_atoms < 40:
            found[composition.reduced_formula] = ComputedEntry(composition, row["exp energy"], entry_id=row["formula"])
    elements = [ComputedEntry(symbol, 0.0, entry_id=symbol) for symbol in ELEMENTS]
    return EntrySet((*elements, *found.values()), "298 K, published")


@functools.cache
def whole() -> PhaseDiagram:
    return PhaseDiagram(list(published().entries))


def named(formula: str) -> ComputedEntry:
    wanted = Composition(formula).reduced_formula
    return next(entry for entry in published().entries if entry.composition.reduced_formula == wanted)


def test_the_set_is_what_it_was():
    compounds = [entry for entry in published().entries if len(elements_of(entry)) > 1]
    assert len(compounds) >= 25
    # NIST-JANAF: formation enthalpy of Na2SO4 -1387.8 kJ/mol, of Na2S -366.1 kJ/mol.
    assert named("Na2SO4").energy == pytest.approx(-1387.8 / 96.485, abs=0.01)
    assert named("Na2S").energy == pytest.approx(-366.1 / 96.485, abs=0.01)


@pytest.mark.parametrize("entry", [e for e in published().entries if len(elements_of(e)) > 1], ids=lambda e: e.entry_id)
def test_hull_energies_equal_pymatgens(entry):
    elements = elements_of(entry)
    known = published().within(elements)
    ours = phase_diagram(known, elements).get_e_above_hull(entry)
    assert ours == pytest.approx(whole().get_e_above_hull(entry), abs=1e-9)
    others = [other for other in known if other is not entry]
    _, alone = phase_diagram(others, elements).get_decomp_and_e_above_hull(
        entry, allow_negative=True, check_stable=False
    )
    if ours > 1e-9:
        assert alone == pytest.approx(ours)
    else:
        assert alone <= 1e-9


def test_window_of_sodium_sulfide_by_hand():
    # 2 Na2S -> Na2S2 + 2 Na: V = (2 E(Na2S) - E(Na2S2)) / -2.
    disulfide = 2 * named("NaS").energy
    known = published().within({"Na", "S"})
    window = electrochemical_window(named("Na2S"), [e for e in known if e is not named("Na2S")], "Na")
    assert window.low_V == pytest.approx(0.0, abs=1e-3)
    assert window.high_V == pytest.approx((disulfide - 2 * named("Na2S").energy) / 2, abs=1e-3)
    assert 1.5 < window.high_V < 2.0


def test_no_mixture_of_sodium_chromite_and_a_phosphorus_sulfide_gains_more_than_the_worst():
    known = published().entries
    contact = interface_reaction(named("P2S3"), "NaCrO2", known, [frozenset({"Na", "P", "S", "Cr", "O"})])
    diagram = whole()
    electrolyte, cathode = named("P2S3"), named("NaCrO2")
    for step in range(1, 100):
        share = step / 100
        a, b = electrolyte.composition.fractional_composition, cathode.composition.fractional_composition
        mixture = Composition({e: share * a[e] + (1 - share) * b[e] for e in ELEMENTS})
        bare = share * electrolyte.energy_per_atom + (1 - share) * cathode.energy_per_atom
        gain = 1000 * (diagram.get_hull_energy_per_atom(mixture) - bare)
        assert gain >= contact.energy_meV_per_atom - 1e-3
    assert contact.energy_meV_per_atom < -100
    assert any("PO4" in product or "P2O7" in product or "PO3" in product for product in contact.products)
