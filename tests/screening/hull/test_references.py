from importlib.resources import files

from pymatgen.core import Structure

from screening.hull.references import (
    needed_mothers,
    needed_references,
    shipped_reference_elements,
)
from screening.shipped import shipped_names, shipped_structure


def test_references_of_a_chemical_system():
    names = needed_references(["Na", "Sb", "S"])
    assert {"el_Na", "el_Sb", "el_S", "Na2S", "Na3Sb", "NaSb", "Sb2S3", "Na2S2"} <= set(names)
    assert "P2S5" not in names
    assert names == tuple(sorted(names))


def test_excluded_references_are_left_out():
    assert "Na2S2" not in needed_references(["Na", "S"], exclude=("Na2S2",))


def test_polymorphs_of_the_mothers_compete():
    assert set(needed_mothers(["Na", "P", "S"])) >= {"Na3PS4_cubic", "Na3PS4_tet_MP"}
    assert needed_mothers(["K", "F"]) == ()


def test_a_disordered_mother_is_no_reference():
    assert "Li6PS5Cl" not in needed_mothers(["Li", "P", "S", "Cl"])
    for name in shipped_names("mothers"):
        structure = shipped_structure("mothers", name)
        wanted = {element.symbol for element in structure.elements}
        assert (name in needed_mothers(wanted)) == structure.is_ordered


def test_elements_are_those_of_the_structures():
    folder = files("screening").joinpath("data", "structures", "references")
    for name in ("Na2S", "el_Na", "AlPS4", "Na0.5NbS2", "GeS2_I-42d"):
        structure = Structure.from_str(folder.joinpath(f"{name}.cif").read_text(), fmt="cif")
        assert shipped_reference_elements()[name] == {element.symbol for element in structure.elements}


def test_oxides_between_electrolytes_and_cathodes_have_references():
    names = set(needed_references(["Na", "P", "S", "Cr", "Fe", "Mo", "O"]))
    assert {"Na2CrO4", "MoO3", "MoO2", "FeSO4", "Fe2S3O12", "Cr2S3O12", "Na3PO4", "FePO4", "NaFePO4_olivine"} <= names
    names = set(needed_references(["Li", "La", "Zr", "Al", "Co", "Ni", "O"]))
    assert {"Li2ZrO3", "Li6Zr2O7", "LaCoO3", "LaNiO3", "La2NiO4", "CoAl2O4"} <= names
