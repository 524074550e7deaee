import pytest
from pymatgen.core import Lattice, Structure

from screening.relaxation.vibrations import fastest_vibration
from screening.shipped import shipped_structure


def crystal(kind, name, **charges):
    return shipped_structure(kind, name).copy().add_oxidation_state_by_element(charges)


#: Highest stretching modes measured, in 1/cm: infrared and Raman bands of the polyhedra named.
MEASURED = [
    ("references", "Na3PO4", {"Na": 1, "P": 5, "O": -2}, "P-O", 1020),  # PO4, asymmetric stretch
    ("mothers", "Na3PS4_tet_exp", {"Na": 1, "P": 5, "S": -2}, "P-S", 550),  # PS4
    ("mothers", "Na3SbS4_tet_derived", {"Na": 1, "Sb": 5, "S": -2}, "Sb-S", 385),  # SbS4
    ("references", "SiO2_quartz", {"Si": 4, "O": -2}, "Si-O", 1080),  # SiO4
    ("references", "Al2O3", {"Al": 3, "O": -2}, "Al-O", 640),  # AlO6
    ("references", "YCl3", {"Y": 3, "Cl": -1}, "Y-Cl", 260),  # YCl6
    ("references", "LiF", {"Li": 1, "F": -1}, "Li-F", 480),  # middle of TO 305 and LO 660
]


@pytest.mark.parametrize(("kind", "name", "charges", "bond", "measured"), MEASURED, ids=[row[3] for row in MEASURED])
def test_the_stretching_modes_of_known_polyhedra(kind, name, charges, bond, measured):
    found = fastest_vibration(crystal(kind, name, **charges))
    assert found.bond == bond
    assert found.wavenumber_per_cm == pytest.approx(measured, rel=0.3)
    assert found.period_fs * found.wavenumber_per_cm == pytest.approx(33356, rel=1e-3)


def test_a_lighter_or_higher_charged_dopant_is_faster():
    sulfide = crystal("mothers", "Na3SbS4_tet_derived", Na=1, Sb=5, S=-2)
    alone = fastest_vibration(sulfide)
    assert fastest_vibration(sulfide, ["W6+"]).period_fs > 0.9 * alone.period_fs
    assert fastest_vibration(sulfide, ["P5+"]).bond == "P-S"
    assert fastest_vibration(sulfide, ["P5+"]).period_fs < alone.period_fs
    assert fastest_vibration(sulfide, ["Cl-"]) == alone


def test_without_an_anion_nothing_is_said():
    metal = Structure(Lattice.cubic(3.5), ["Li+"], [[0, 0, 0]])
    assert fastest_vibration(metal) is None
