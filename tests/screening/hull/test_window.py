import pytest
from pymatgen.entries.computed_entries import ComputedEntry

from ewald.errors import UserError
from screening.hull.entries import entries_of
from screening.hull.window import electrochemical_window
from tests.screening.hull.phases import NA_SB_S, phase, references


def entry(formula, energy):
    return entries_of([phase(formula, energy)]).entries[0]


def test_binary_window_by_hand():
    # Na2S (-1.2 eV/atom) is inert to Na; it gives off Na where Na2S -> 2 Na + S, that is at 3 * 1.2 / 2 V.
    known = entries_of(references({"Na": 0.0, "S": 0.0})).entries
    window = electrochemical_window(entry("Na2S", -1.2), known, "Na")
    assert window.low_V == pytest.approx(0.0, abs=1e-4)
    assert window.high_V == pytest.approx(1.8, abs=1e-4)
    assert window.reduction == ""


def test_binary_window_with_an_intermediate():
    # With Na2S2 at -1.0 eV/atom: 2 Na2S -> Na2S2 + 2 Na at (6 * 1.2 - 4 * 1.0) / 2 V.
    known = entries_of(references({"Na": 0.0, "S": 0.0, "Na2S2": -1.0})).entries
    window = electrochemical_window(entry("Na2S", -1.2), known, "Na")
    assert window.high_V == pytest.approx(1.6, abs=1e-4)
    assert "Na2S2" in window.oxidation.replace("NaS", "Na2S2")


def test_na3sbs4_decomposes_against_sodium():
    # Jalem et al. 2022: at 0 V Na3SbS4 takes up Na and becomes Na2S and Na3Sb.
    known = entries_of(references()).entries
    window = electrochemical_window(entry("Na3SbS4", -0.95), known, "Na")
    assert window.low_V > 0.5
    assert window.at_metal == ("Na2S", "Na3Sb")
    assert window.high_V > window.low_V


def test_reduction_limit_by_hand():
    # So stable that Na3SbS4 + 8 Na -> 4 Na2S + Na3Sb skips Sb: V = -dG / 8.
    few = {key: NA_SB_S[key] for key in ("Na", "Sb", "S", "Na2S", "Na3Sb")}
    known = entries_of(references(few)).entries
    window = electrochemical_window(entry("Na3SbS4", -1.6), known, "Na")
    energy = 4 * 3 * few["Na2S"] + 4 * few["Na3Sb"] - 8 * -1.6
    assert window.low_V == pytest.approx(-energy / 8, abs=1e-4)


def test_a_metastable_phase_has_the_window_of_its_products():
    known = entries_of(references()).entries
    on_hull = electrochemical_window(entry("Na3SbS4", -0.95), known, "Na")
    above = electrochemical_window(entry("Na3SbS4", -0.60), known, "Na")
    assert above.high_V - above.low_V <= on_hull.high_V - on_hull.low_V + 1e-6


def test_the_metal_must_occur():
    known = entries_of(references({"Sb": 0.0, "S": 0.0})).entries
    with pytest.raises(UserError, match="does not occur"):
        electrochemical_window(entry("Sb2S3", -0.3), known, "Na")


def test_entries_are_not_changed():
    known = entries_of(references()).entries
    ours = ComputedEntry("Na3SbS4", -5.0, entry_id="x")
    electrochemical_window(ours, known, "Na")
    assert ours.energy == -5.0
