"""Settings that a file leaves open: spinel, pyrochlore and rhombohedral cells."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from ewald.errors import StructureError
from ewald.io.crystals.cif_blocks import CifBlock
from ewald.io.crystals.symmetry import copies_of, hall_of_operations, operations_of, operations_of_hall
from ewald.io.structure import read_structure

# MgAl2O4 with each origin: sites, coordinates, multiplicities.
SPINEL = {
    "1": [("Mg", (0, 0, 0), 8), ("Al", (0.625, 0.625, 0.625), 16), ("O", (0.387, 0.387, 0.387), 32)],
    "2": [("Mg", (0.125, 0.125, 0.125), 8), ("Al", (0.5, 0.5, 0.5), 16), ("O", (0.262, 0.262, 0.262), 32)],
}


def cif(symbol, cell, sites, *, multiplicities=True, extra=""):
    names = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    columns = ["label", *(["symmetry_multiplicity"] if multiplicities else []), "fract_x", "fract_y", "fract_z"]
    rows = [f"{e} {f'{m} ' if multiplicities else ''}{x} {y} {z}" for e, (x, y, z), m in sites]
    return "\n".join(
        ["data_x", f"_symmetry_space_group_name_H-M '{symbol}'", extra]
        + [f"_cell_{name} {value}" for name, value in zip(names, cell, strict=True)]
        + ["loop_", *(f"_atom_site_{one}" for one in columns), *rows, ""]
    )


def read(tmp_path, text):
    file = tmp_path / "x.cif"
    file.write_text(text)
    return read_structure(file)


@pytest.mark.parametrize("origin", ["1", "2"])
@pytest.mark.parametrize(
    "symbol", ["F d -3 m :{0}", "Fd-3m:{0}", "F d -3 m {1}", "F d -3 m (origin choice {0})", "F d -3 m"]
)
@pytest.mark.parametrize("multiplicities", [True, False])
def test_spinel_has_its_bonds_whatever_the_origin(tmp_path, origin, symbol, multiplicities):
    named = symbol.format(origin, {"1": "S", "2": "Z"}[origin])
    text = cif(named, [8.08] * 3 + [90] * 3, SPINEL[origin], multiplicities=multiplicities)
    structure = read(tmp_path, text)
    assert structure.composition.get_el_amt_dict() == {"Mg": 8, "Al": 16, "O": 32}
    neighbours = structure.get_neighbors(structure[0], 2.2)
    assert len(neighbours) == 4
    assert neighbours[0].nn_distance == pytest.approx(1.92, abs=0.02)
    said = any("origin" in note for note in structure.properties["notes"])
    assert said == (symbol == "F d -3 m")


@pytest.mark.parametrize("suffix", ["", ":R", " R", " (rhombohedral axes)", " (rhomb.)"])
def test_a_rhombohedral_cell_is_read_with_its_axes(tmp_path, suffix):
    # CaCO3 on rhombohedral axes.
    sites = [("Ca", (0, 0, 0), 2), ("C", (0.25, 0.25, 0.25), 2), ("O", (0.507, 0.993, 0.25), 6)]
    structure = read(tmp_path, cif(f"R -3 c{suffix}", [6.361] * 3 + [46.1] * 3, sites))
    assert structure.composition.get_el_amt_dict() == {"Ca": 2, "C": 2, "O": 6}
    carbon = next(site for site in structure if site.species_string == "C")
    assert len(structure.get_neighbors(carbon, 1.4)) == 3


def test_copies_are_those_of_pymatgen():
    block = CifBlock("x", {"_symmetry_space_group_name_h-m": ["F d -3 m :1"]})
    operations, notes = operations_of(block, 8.08 * np.eye(3), [])
    assert notes == []
    known = Structure.from_spacegroup("Fd-3m", Lattice.cubic(8.08), ["O"], [[0.387, 0.387, 0.387]])
    found = copies_of(np.array([0.387, 0.387, 0.387]), operations, 8.08 * np.eye(3))
    assert len(found) == len(known)
    for position in found:
        assert min(np.linalg.norm((position - one) - np.rint(position - one)) for one in known.frac_coords) < 1e-6


@pytest.mark.parametrize("hall", [1, 2, 81, 292, 458, 459, 488, 525, 526, 530])
def test_a_setting_is_known_by_its_operations(hall):
    rotations, translations = operations_of_hall(hall)
    order = np.random.default_rng(hall).permutation(len(rotations))
    assert hall_of_operations((rotations[order], translations[order] + 1)) == hall


SALT = [("Na", (0, 0, 0), 4), ("Cl", (0.5, 0.5, 0.5), 4)]


@pytest.mark.parametrize("symbol", ["F m -3 m", "f m -3 m", "F m 3 m", "FM-3M", "F 4/m -3 2/m"])
def test_symbols_as_programs_write_them(tmp_path, symbol):
    assert read(tmp_path, cif(symbol, [5.64] * 3 + [90] * 3, SALT)).composition.get_el_amt_dict() == {"Na": 4, "Cl": 4}


def test_a_hall_symbol_alone_is_enough(tmp_path):
    text = cif("?", [5.64] * 3 + [90] * 3, SALT, extra="_space_group_name_Hall '-F 4 2 3'")
    assert read(tmp_path, text).composition.get_el_amt_dict() == {"Na": 4, "Cl": 4}


IDENTITY = "loop_\n_symmetry_equiv_pos_as_xyz\n'x, y, z'"
WHOLE_SALT = [
    (element, position, 4)
    for element, shift in (("Na", 0), ("Cl", 0.5))
    for position in ((shift, shift, shift), (shift, 0.5 - shift, 0.5 - shift),
                     (0.5 - shift, shift, 0.5 - shift), (0.5 - shift, 0.5 - shift, shift))
]  # fmt: skip


@pytest.mark.parametrize(
    ("sites", "a", "amount", "said"),
    [
        (SALT, 5.64, 4, "lists x,y,z as its only operation, but names F m -3 m and the multiplicities"),
        (
            [(e, at, None) for e, at, _ in SALT],
            5.64,
            1,
            "names F m -3 m: what it lists is used, so atoms that the group adds must be listed",
        ),
        (WHOLE_SALT, 5.64, 4, None),
        (SALT, 5.9, 1, "names F m -3 m, which its cell does not have: what it lists is used"),
    ],
)
def test_the_identity_alone_beside_a_group_that_has_more(tmp_path, sites, a, amount, said):
    text = cif("F m -3 m", [a, 5.64, 5.64, 90, 90, 90], sites, multiplicities=sites[0][2] is not None, extra=IDENTITY)
    structure = read(tmp_path, text)
    assert structure.composition.get_el_amt_dict() == {"Na": amount, "Cl": amount}
    warnings = [note for note in structure.properties["notes"] if "x,y,z" in note]
    assert len(warnings) == (said is not None)
    assert all(note.startswith("WARNING: the file") and said in note for note in warnings)


def test_a_subgroup_beside_the_multiplicities_of_a_group(tmp_path):
    listed = "loop_\n_symmetry_equiv_pos_as_xyz\n'x, y, z'\n'-x, -y, -z'"
    structure = read(tmp_path, cif("F m -3 m", [5.64] * 3 + [90] * 3, SALT, extra=listed))
    assert structure.composition.get_el_amt_dict() == {"Na": 4, "Cl": 4}
    assert "lists 2 operations, but names F m -3 m and the multiplicities" in structure.properties["notes"][0]
    whole = read(tmp_path, cif("F m -3 m", [5.64] * 3 + [90] * 3, WHOLE_SALT, extra=listed))
    assert whole.composition.get_el_amt_dict() == {"Na": 4, "Cl": 4}
    assert whole.properties["notes"] == ("WARNING: the file states 4 copies of Na, Cl, its operations give 1",)


def test_what_is_no_space_group_is_an_error_and_not_p1(tmp_path):
    with pytest.raises(StructureError, match="is not a known space group"):
        read(tmp_path, cif("F m -3 mX", [5.64] * 3 + [90] * 3, SALT))


OPERATIONS = "loop_\n_symmetry_equiv_pos_as_xyz\n"


@pytest.mark.parametrize(
    "listed",
    [
        ["x,y,z", "x,y+.5,z+0.5", "0.5+X,Y,1/2+Z", "+x+1/2,+y+1/2,+z"],
        ["x , y , z", "x, y + 1/2, z + 1/2", "1/2 + x, y, 1/2+z", "x+1/2, y+1/2, z"],
        ["1 x,y,z", "2 x,y+1/2,z+1/2", "3 x+1/2,y,z+1/2", "4 x+1/2,y+1/2,z"],
        ["x,y,z", "x,y+0.50,z+.50", "x+0.5,y,z+.500", "x+0.5,y+0.5,z"],
        ["x,y+1/2,z+1/2", "x+1/2,y,z+1/2"],  # what is left out follows
    ],
)
def test_operations_as_programs_write_them(tmp_path, listed):
    extra = OPERATIONS + "\n".join(f"'{one}'" for one in listed)
    structure = read(tmp_path, cif("?", [5.64] * 3 + [90] * 3, SALT, extra=extra, multiplicities=False))
    assert structure.composition.get_el_amt_dict() == {"Na": 4, "Cl": 4}
    assert bool(structure.properties["notes"]) == (len(listed) == 2)


def test_a_centring_that_is_left_out_is_added(tmp_path):
    rotations = ["x,y,z", "-x,-y,z", "-x,y,-z", "x,-y,-z", "-x,-y,-z", "x,y,-z", "x,-y,z", "-x,y,z"]
    extra = OPERATIONS + "\n".join(f"'{one}'" for one in rotations)
    structure = read(tmp_path, cif("F m m m", [5, 6, 7, 90, 90, 90], SALT, extra=extra))
    assert structure.composition.get_el_amt_dict() == {"Na": 4, "Cl": 4}
    assert "leaves out its centring" in structure.properties["notes"][0]


@pytest.mark.parametrize("wrong", ["x,y", "x,y,w", "x,x,z", "x,y,z z"])
def test_what_is_no_operation_is_named(tmp_path, wrong):
    with pytest.raises(StructureError, match="is not a symmetry operation"):
        read(tmp_path, cif("?", [5.64] * 3 + [90] * 3, SALT, extra=OPERATIONS + f"'{wrong}'"))


PRIMITIVE = {"F m -3 m": (3.988, 60), "I m -3 m": (4.884, 109.4712)}


@pytest.mark.parametrize("symbol", PRIMITIVE)
def test_the_primitive_cell_of_a_centred_group_is_understood(tmp_path, symbol):
    length, angle = PRIMITIVE[symbol]
    sites = [("Na", (0, 0, 0), 1)]
    structure = read(tmp_path, cif(symbol, [length] * 3 + [angle] * 3, sites))
    assert len(structure) == 1
    assert structure.properties["notes"] == (f"the cell of the file is the primitive one of {symbol}",)
    assert structure.get_space_group_info()[0].replace(" ", "") == symbol.replace(" ", "")


def test_a_cell_that_is_none_of_its_group_is_refused(tmp_path):
    with pytest.raises(StructureError, match="does not have the symmetry of F m -3 m"):
        read(tmp_path, cif("F m -3 m", [5.64, 5.9, 6.4, 90, 90, 90], SALT))


def test_no_group_at_all_is_said(tmp_path):
    structure = read(tmp_path, cif("?", [5.64] * 3 + [90] * 3, SALT, multiplicities=False))
    assert structure.properties["notes"] == (
        "WARNING: the file has neither a space group nor operations: P 1 is taken",
    )


def test_a_number_that_contradicts_the_symbol_is_said(tmp_path):
    text = cif("F m -3 m", [5.64] * 3 + [90] * 3, SALT, extra="_symmetry_Int_Tables_number 216")
    structure = read(tmp_path, text)
    assert structure.composition.get_el_amt_dict() == {"Na": 4, "Cl": 4}
    assert "not a group of number 216" in structure.properties["notes"][0]


@pytest.mark.parametrize("digits", [2, 3, 4])
def test_thirds_of_few_digits_stay_special(tmp_path, digits):
    third, rest = f"{1 / 3:.{digits}f}", f"{2 / 3:.{digits}f}"
    sites = [("Zn", (third, rest, 0), 2), ("S", (third, rest, 0.375), 2)]
    structure = read(tmp_path, cif("P 63 m c", [15.81, 15.81, 16.26, 90, 90, 120], sites))
    assert structure.composition.get_el_amt_dict() == {"Zn": 2, "S": 2}
    assert all("far more than crystals" in note for note in structure.properties["notes"])


def test_a_centring_that_is_left_out_of_a_list_that_is_incomplete_as_well_is_added(tmp_path):
    extra = OPERATIONS + "'x,y,z'\n'-x,-y,z'\n'-x,y,-z'\n'-x,-y,-z'"
    structure = read(tmp_path, cif("F m m m", [5, 6, 7, 90, 90, 90], SALT, extra=extra))
    assert structure.composition.get_el_amt_dict() == {"Na": 4, "Cl": 4}


def test_a_modulated_crystal_has_the_operations_of_its_average(tmp_path):
    listed = ["x1,x2,x3,x4", "-x1,-x2,-x3,-x4", "x1+1/2,x2+1/2,x3,x4+1/2", "-x1+1/2,-x2+1/2,-x3,-x4"]
    extra = "loop_\n_space_group_symop_ssg_operation_algebraic\n" + "\n".join(listed)
    sites = [("Na", (0, 0, 0), 2), ("Cl", (0.2, 0.3, 0.4), 4)]
    structure = read(tmp_path, cif("?", [5, 6, 7, 90, 90, 90], sites, extra=extra))
    assert structure.composition.get_el_amt_dict() == {"Na": 2, "Cl": 4}


def test_a_hall_symbol_that_is_not_known_is_not_the_usual_setting_of_the_number(tmp_path):
    extra = "_space_group_name_Hall '-P 2ac 2n (x,y,z+1/4)'\n_space_group_IT_number 62"
    with pytest.raises(StructureError, match=r"Hall symbol = '-P 2ac 2n .x,y,z\+1/4.': is not a known space group"):
        read(tmp_path, cif("?", [5, 6, 7, 90, 90, 90], SALT, extra=extra))


def test_thirds_of_two_digits_are_thirds(tmp_path):
    extra = OPERATIONS + "'x,y,z'\n'-y,x-y,z+0.33'\n'-x+y,-x,z+.67'"
    structure = read(tmp_path, cif("?", [5, 5, 7, 90, 90, 120], [("Na", (0.1, 0.2, 0), 3)], extra=extra))
    assert sorted(structure.frac_coords[:, 2]) == pytest.approx([0, 1 / 3, 2 / 3])


def test_operations_of_magnetic_files_of_the_older_dictionary(tmp_path):
    extra = "loop_\n_space_group_symop.magn_operation_xyz\n'x,y,z,+1'\n'-x,-y,-z,-1'\n"
    extra += "loop_\n_space_group_symop.magn_centering_xyz\n'x,y,z,+1'\n'x+1/2,y+1/2,z,-1'"
    structure = read(tmp_path, cif("?", [5, 6, 7, 90, 90, 90], [("Na", (0.1, 0.2, 0.3), 4)], extra=extra))
    assert len(structure) == 4
