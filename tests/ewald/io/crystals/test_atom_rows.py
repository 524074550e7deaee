"""Rows of atoms, column by column."""

from pathlib import Path

import numpy as np
import pytest

from ewald.errors import StructureError
from ewald.io.crystals.atom_rows import atom_rows, has_atoms
from ewald.io.crystals.cif_blocks import cif_blocks

LATTICE = np.diag([4.0, 5.0, 6.0])


def rows(columns, *lines, extra=""):
    loop = "loop_ " + " ".join(f"_atom_site_{column}" for column in columns.split())
    [block] = cif_blocks(f"data_x _cell_length_a 4 {extra} {loop}\n" + "\n".join(lines))
    return atom_rows(block, LATTICE, {}, Path("x.cif"), go_on="--go")


XYZ = "label fract_x fract_y fract_z"


def test_positions_digits_letters_and_multiplicities():
    [one, two], _ = rows(f"{XYZ} Wyckoff_symbol", "Na1 0.25 1/2 0.125(2) 4b", "Cl1 ? ? ? 8c")
    assert (one.element, one.position.tolist(), one.digits) == ("Na", [0.25, 0.5, 0.125], 3)
    assert (one.wyckoff, one.multiplicity) == ("b", 4)
    assert (two.position, two.wyckoff, two.multiplicity) == (None, "c", 8)


def test_empty_dummy_and_vacant_rows_need_no_coordinates():
    columns = f"{XYZ} occupancy calc_flag"
    found, notes = rows(columns, "Na1 0 0 0 1 d", "H1 ? ? ? 0 d", "Vac1 0 0 0 .5 d", "O1 0 .1 .2 1 dum")
    assert [row.label for row in found] == ["Na1"]
    assert notes == ["dummy atom O1 is left out"]


def test_a_coordinate_that_is_missing_is_named():
    with pytest.raises(StructureError, match=r"_atom_site_fract_y, atom Na1 = '\?': not a finite number"):
        rows(XYZ, "Na1 0 ? 0")
    with pytest.raises(StructureError, match=r"atom Na1 = '-0\.5': not an occupancy"):
        rows(f"{XYZ} occupancy", "Na1 0 0 0 -0.5")


def test_cartesian_coordinates_with_and_without_a_matrix():
    columns = "label Cartn_x Cartn_y Cartn_z"
    assert rows(columns, "Na1 1 1 3")[0][0].position == pytest.approx([0.25, 0.2, 0.5])
    names = [
        f"_atom_sites_Cartn_tran_matrix_{i}{j} {x}" for i, row in enumerate(LATTICE.T, 1) for j, x in enumerate(row, 1)
    ]
    shifted = " ".join([*names, "_atom_sites_Cartn_tran_vector_1 1"])
    assert rows(columns, "Na1 2 1 3", extra=shifted)[0][0].position == pytest.approx([0.25, 0.2, 0.5])


@pytest.mark.parametrize(
    ("matrix", "back"), [("fract_transf_matrix[{}][{}]", False), ("Cartn_transf_matrix[{}][{}]", True)]
)
def test_the_matrix_of_mmcif_files(matrix, back):
    turn = LATTICE.T if back else np.linalg.inv(LATTICE.T)
    extra = " ".join(f"_atom_sites.{matrix.format(i + 1, j + 1)} {turn[i, j]}" for i in range(3) for j in range(3))
    columns = "label Cartn_x Cartn_y Cartn_z"
    assert rows(columns, "Na1 1 1 3", extra=extra)[0][0].position == pytest.approx([0.25, 0.2, 0.5])
    skew = np.array([[4.0, 0, 0], [-2.5, 4.3, 0], [0, 0, 6]])
    loop = "loop_ " + " ".join(f"_atom_site_{column}" for column in columns.split())
    with pytest.raises(StructureError, match="a cell that is not rectangular need"):
        atom_rows(cif_blocks(f"data_x {loop} Na1 1 1 3")[0], skew, {}, Path("x.cif"), go_on=None)


def test_blanks_within_a_type_symbol():
    [one], _ = rows("label type_symbol fract_x fract_y fract_z", "Na1 'Na 1+' 0 0 0")
    assert (one.element, one.charge) == ("Na", 1)


def test_which_blocks_have_atoms():
    texts = ("_cell_length_a 4 _atom_site_fract_x 0", "_cell_length_a 4 _atom_site_Wyckoff_symbol a",
             "_cell_length_a ? _atom_site_fract_x 0", "_cell_length_a 4 _atom_site_fract_x ?")  # fmt: skip
    assert [has_atoms(cif_blocks(f"data_x {text}")[0]) for text in texts] == [True, True, False, False]


@pytest.mark.parametrize(("text", "share"), [("75%", 0.75), ("0.9`_0.01", 0.9), ("1.(-)", 1.0), ("0.5000(   0)", 0.5)])
def test_occupancies_as_programs_write_them(text, share):
    assert rows(f"{XYZ} occupancy", f"Na1 0 0 0 {text}")[0][0].occupancy == share


def test_a_column_of_occupancies_under_another_name_is_not_passed_over():
    [one], notes = rows(f"{XYZ} site_occupancy", "Na1 0 0 0 0.5")
    assert one.occupancy == 1
    assert "belong to _atom_site_occupancy, not _atom_site_site_occupancy" in notes[0]


def test_a_multiplicity_of_zero_is_none():
    assert rows(f"{XYZ} symmetry_multiplicity", "Na1 0 0 0 0")[0][0].multiplicity is None


def test_coordinates_that_look_like_lengths_are_named():
    assert rows(XYZ, "Na1 0 0 0", "Cl1 -0.5 1.5 .5")[1] == []
    some = rows(XYZ, "Na1 0 0 0", "Cl1 2.8 2.8 2.8", "Cl2 .5 0 .1", "Cl3 .5 0 .6")
    assert "WARNING: Cl1 lie far outside the cell" in some[1][0]
    with pytest.raises(StructureError, match=r"fract_y, atom Cl1 = 2\.8: 2 of 3 atoms off .* look like angstrom"):
        rows(XYZ, "Na1 0 0 0", "Cl1 0 2.8 1", "Cl2 3.1 0 .1", "Cl3 .5 0 .6")


def test_lengths_that_look_like_fractions_are_named():
    columns = "label Cartn_x Cartn_y Cartn_z"
    with pytest.raises(StructureError, match=r"_atom_site_cartn_x: no atom is farther than 1 A .* look like fractions"):
        rows(columns, "Na1 0 0 0", "Cl1 .5 .5 .5", "Cl2 0 .25 .75")
    assert len(rows(columns, "Na1 0 0 0", "Cl1 .5 .5 .5")[0]) == 2
