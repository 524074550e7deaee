"""Files are told apart by what is in them, not by their names."""

import bz2
import gzip
import json
import lzma

import pytest

from ewald.errors import StructureError
from ewald.io.structure import read_structure

CIF = """data_salt
_cell_length_a 5.64
_symmetry_space_group_name_H-M 'F m -3 m'
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Na1 0 0 0
Cl1 1/2 1/2 1/2
"""
CELL = "0 2.82 2.82\n2.82 0 2.82\n2.82 2.82 0\n"
POSCAR = f"a comment\n1.0\n{CELL}Na Cl\n1 1\nDirect\n0 0 0\n.5 .5 .5\n"
XYZ = (
    '2\nLattice="0 2.82 2.82 2.82 0 2.82 2.82 2.82 0" Properties=species:S:1:initial_charges:R:1:pos:R:3 pbc="T T T"\n'
    "Na 1 0 0 0\nCl -1 2.82 2.82 2.82\n"
)


@pytest.mark.parametrize(
    "name", ["salt", "salt.txt", "salt.cif.txt", "POSCAR", "salt.vasp", "CONTCAR", "a.xyz", "a.dat"]
)
@pytest.mark.parametrize(("text", "ions"), [(CIF, 8), (POSCAR, 2), (XYZ, 2)])
def test_names_do_not_matter(tmp_path, name, text, ions):
    (tmp_path / name).write_text(text)
    structure = read_structure(tmp_path / name)
    assert len(structure) == ions
    assert structure.composition.reduced_formula == "NaCl"
    assert structure.get_space_group_info()[1] == 225


@pytest.mark.parametrize(
    ("change", "with_what"),
    [
        ("Na Cl\n1 1", "Na_pv/12ab Cl/34cd\n1 1"),
        ("Direct", "Selective dynamics\nDirect"),
        ("1.0\n0 2.82 2.82", "1.0D0 ! scale\n0 0.282D+01 2.82 # a"),
        ("Na Cl\n1 1", "Na Cl ! elements\n1 1 ! numbers"),
        ("1.0", "-44.851536"),
        ("Direct\n0 0 0\n.5 .5 .5", "Cartesian\n0 0 0\n2.82 2.82 2.82"),
        (
            f"1.0\n{CELL}Na Cl\n1 1\nDirect\n0 0 0\n.5 .5 .5",
            "-44.851536\n0 1 1\n1 0 1\n1 1 0\nNa Cl\n1 1\nCartesian\n0 0 0\n1 1 1",
        ),
    ],
)
def test_poscars_of_all_kinds(tmp_path, change, with_what):
    (tmp_path / "POSCAR").write_text(POSCAR.replace(change, with_what, 1))
    structure = read_structure(tmp_path / "POSCAR")
    assert structure.composition.formula == "Na1 Cl1"
    assert structure.volume == pytest.approx(44.851536)
    assert structure[1].frac_coords == pytest.approx([0.5, 0.5, 0.5])


@pytest.mark.parametrize(
    "behind", ["\n0 0 0\n0.1 0 0\n", "\n0 0 0\n0 0 0\n\n1\n0.5E+00\n0 0 0 0\n", "\n2 2 2\n 0.1 0.2 0.3 0.4 0.5\n 0.1\n"]
)
@pytest.mark.parametrize("head", ["Direct", "Selective dynamics\nDirect"])
def test_what_stands_behind_the_positions_of_a_poscar_is_left(tmp_path, head, behind):
    (tmp_path / "POSCAR").write_text(POSCAR.replace("Direct", head) + behind)
    assert read_structure(tmp_path / "POSCAR").composition.formula == "Na1 Cl1"


def test_three_scaling_factors_are_not_passed_over(tmp_path):
    (tmp_path / "POSCAR").write_text(POSCAR.replace("1.0", "1.0 1.0 2.0", 1))
    with pytest.raises(StructureError, match="three scaling factors"):
        read_structure(tmp_path / "POSCAR")


@pytest.mark.parametrize("text", [CIF.replace("Cl1 1/2 1/2 1/2", "Cl1 0,5 0,5 0,5"), POSCAR, XYZ])
@pytest.mark.parametrize(("pack", "ending"), [(gzip.compress, "gz"), (bz2.compress, "bz2"), (lzma.compress, "xz")])
def test_compressed_files_are_read_by_the_same_reader(tmp_path, text, pack, ending):
    (tmp_path / f"salt.{ending}").write_bytes(pack(text.encode()))
    assert read_structure(tmp_path / f"salt.{ending}").composition.reduced_formula == "NaCl"
    (tmp_path / f"half.{ending}").write_bytes(pack(text.encode())[:-20])
    with pytest.raises(StructureError, match="cannot be unpacked"):
        read_structure(tmp_path / f"half.{ending}")


def test_a_poscar_without_elements_is_not_one_of_hydrogen_and_helium(tmp_path):
    (tmp_path / "POSCAR").write_text(POSCAR.replace("Na Cl\n", ""))
    with pytest.raises(StructureError, match="does not name its elements"):
        read_structure(tmp_path / "POSCAR")


def test_columns_of_xyz_files(tmp_path):
    (tmp_path / "a.xyz").write_text(XYZ.replace("species:S", "Z:I").replace("Na 1", "11 1").replace("Cl -1", "17 -1"))
    assert read_structure(tmp_path / "a.xyz").composition.formula == "Na1 Cl1"
    half = XYZ.replace("initial_charges", "occupancy").replace("Na 1", "Na 0.5").replace("Cl -1", "Cl 1")
    (tmp_path / "b.xyz").write_text(half)
    assert read_structure(tmp_path / "b.xyz").composition.as_dict() == {"Na": 0.5, "Cl": 1.0}
    (tmp_path / "c.xyz").write_text(XYZ.replace("species", "kind"))
    with pytest.raises(StructureError, match="has no column of elements"):
        read_structure(tmp_path / "c.xyz")
    for wrong, words in (
        (XYZ.replace("2\n", "3\n", 1), "announces 3 atoms"),
        (XYZ.replace("-1 2.82", "-1 nan"), "finite"),
    ):
        (tmp_path / "d.xyz").write_text(wrong)
        with pytest.raises(StructureError, match=words):
            read_structure(tmp_path / "d.xyz")


def test_occupancies_of_ase_and_species_in_rows_of_their_own(tmp_path):
    """ASE has the occupancies of each kind of site in the second line, and the main element alone in the rows."""
    kinds = r'occupancy="_JSON {\"0\": {\"Na\": 0.5, \"Li\": 0.5}, \"1\": {\"Cl\": 1.0}}" pbc='
    text = XYZ.replace("initial_charges:R", "spacegroup_kinds:I").replace("pbc=", kinds)
    (tmp_path / "a.xyz").write_text(text.replace("Na 1", "Na 0").replace("Cl -1", "Cl 1"))
    rows = XYZ.replace("initial_charges", "occupancy").replace("Na 1 0 0 0", "Na 0.5 0 0 0\nLi 0.5 0 0 0")
    (tmp_path / "b.xyz").write_text(rows.replace("Cl -1", "Cl 1").replace("2\n", "3\n", 1))
    for name in ("a.xyz", "b.xyz"):
        structure = read_structure(tmp_path / name)
        assert len(structure) == 2
        assert structure.composition.as_dict() == {"Na": 0.5, "Li": 0.5, "Cl": 1.0}


def test_json_of_entries_and_lists(tmp_path):
    (tmp_path / "salt.cif").write_text(CIF)
    plain = read_structure(tmp_path / "salt.cif").as_dict()
    for document in (plain, [plain], {"material_id": "mp-1", "structure": plain}):
        (tmp_path / "a.json").write_text(json.dumps(document))
        assert read_structure(tmp_path / "a.json").composition.formula == "Na4 Cl4"
    (tmp_path / "a.json").write_text(json.dumps([plain, plain]))
    with pytest.raises(StructureError, match="is a list of 2"):
        read_structure(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("\n \n", "empty"),
        ("<!DOCTYPE html><p>", "a web page"),
        ("%PDF-1.4", "a PDF document"),
        ("PK\x03\x04", "a ZIP archive"),
    ],
)
def test_what_is_no_structure_at_all_is_named(tmp_path, text, kind):
    (tmp_path / "a.cif").write_text(text)
    with pytest.raises(StructureError, match=f"cannot be read as a structure: it is {kind}"):
        read_structure(tmp_path / "a.cif")


def test_xyz_without_a_cell_and_other_files(tmp_path):
    (tmp_path / "a.xyz").write_text("1\nno cell\nNa 0 0 0\n")
    with pytest.raises(StructureError, match="the XYZ file has no cell"):
        read_structure(tmp_path / "a.xyz")
    (tmp_path / "a.json").write_text('{"data": {"attributes": {}}}')
    with pytest.raises(StructureError, match="JSON file of pymatgen"):
        read_structure(tmp_path / "a.json")
    (tmp_path / "notes.txt").write_text("hello\n")
    with pytest.raises(StructureError, match="cannot be read as a structure: it is no CIF"):
        read_structure(tmp_path / "notes.txt")


@pytest.mark.parametrize(
    ("change", "with_what", "match"),
    [
        (".5 .5 .5", "2.82 2.82 2.82", "1 of 2 atoms lie far outside the cell: these coordinates look like angstrom"),
        ("1 1\n", "0.5 1\n", r"line 7 = '0\.5 1': the numbers of atoms of a POSCAR are whole .*--occupancy"),
        (".5 .5 .5", ".5 .5 nan", "a position or the cell is not a finite number"),
    ],
)
def test_poscars_that_cannot_be_meant(tmp_path, change, with_what, match):
    (tmp_path / "POSCAR").write_text(POSCAR.replace(change, with_what, 1))
    with pytest.raises(StructureError, match=match):
        read_structure(tmp_path / "POSCAR")
