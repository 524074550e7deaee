"""Instruction files of SHELX: shares on special positions, free variables, symmetry, parts."""

from pathlib import Path

import pytest

from ewald.errors import StructureError
from ewald.io.crystals.shelx import is_shelx, shelx_block
from ewald.io.structure import read_structure

# An antimony thioantimonate, a part of whose Sb is W; Na sites of 96 %.
REFINED = """TITL doped = crystal in I-43m
CELL 0.71073 7.19 7.19 7.19 90 90 90
ZERR 2 0.001 0.001 0.001 0 0 0
LATT -2
SYMM Z, X, Y
SYMM -X, -Y, Z
SYMM Y, X, Z
SFAC NA SB
SFAC W 29.0818 1.72029 15.43 9.2259 14.4327 0.321703 =
 5.11982 57.056 9.8875 -0.849 6.8722 10000 1.46 183.84
SFAC S
UNIT 5.76 1.76 0.24 8
FVAR 0.1 0.88
EXYZ SB1 W1
SB1  2 10.0 10.0 10.0 20.041667 0.015 0.015 =
 0.015 10.0 10.0 10.0
W1   3 10.0 10.0 10.0 -20.041667 0.015
AFIX 1
S1   4 0.1871 0.1871 0.1871 10.166667 0.02
NA1  1 10.5 10.5 10.0 0.12 0.05
HKLF 4
NA9  1 0.3 0.3 0.3 11.0 0.05
END
Q1   1 0.1 0.2 0.3 11.0 0.05 1.2
"""
AIRSS = """TITL salt-1 0.0 67.9 -100.0 0 0 2 (Fm-3m) n - 1
CELL 1.54180 3.988 3.988 3.988 60 60 60
LATT -1
SFAC Na Cl
Na 1 0.0 0.0 0.0 0.75
Cl 2 0.5 0.5 0.5 1.0
END
"""


def read(tmp_path, text, name="refined.res"):
    (tmp_path / name).write_text(text)
    return read_structure(tmp_path / name)


@pytest.mark.parametrize("name", ["refined.res", "refined.ins", "refined.txt"])
def test_shares_count_once_for_each_operation_that_leaves_the_site_alone(tmp_path, name):
    # The three generators alone are no group: what they make is taken, and the sites with it.
    for listed in (_all_operations(), "SYMM Z, X, Y\nSYMM -X, -Y, Z\nSYMM Y, X, Z\n"):
        _has_the_contents(tmp_path, REFINED.replace("SYMM Z, X, Y\nSYMM -X, -Y, Z\nSYMM Y, X, Z\n", listed), name)


def _has_the_contents(tmp_path, complete, name):
    structure = read(tmp_path, complete, name)
    assert structure.composition.as_dict() == pytest.approx({"Na": 5.76, "Sb": 1.76, "W": 0.24, "S": 8}, abs=1e-4)
    assert structure.get_space_group_info()[1] == 217


def _all_operations():
    even = [(x, y, z) for x, y, z in (("X", "Y", "Z"), ("Z", "X", "Y"), ("Y", "Z", "X"))]
    odd = [(y, x, z) for x, y, z in even]
    signs = [("", "", ""), ("", "-", "-"), ("-", "", "-"), ("-", "-", "")]
    listed = [", ".join(s + a for s, a in zip(sign, axes, strict=True)) for axes in (*even, *odd) for sign in signs]
    return "".join(f"SYMM {one}\n" for one in listed[1:])


def test_the_inversion_is_that_of_the_lattice_type(tmp_path):
    text = (
        "CELL 0.7 4 5 6 90 90 90\nLATT {}\nSYMM -X, 1/2+Y, -Z\nSFAC LI CL\nLI1 1 0.1 0.2 0.3\nCL1 2 0.4 0.7 0.9\nEND\n"
    )
    assert len(read(tmp_path, text.format(1))) == 8
    assert len(read(tmp_path, text.format(-1))) == 4
    assert len(read(tmp_path, text.format(-7))) == 8


def test_occupancies_as_airss_writes_them_stay(tmp_path):
    structure = read(tmp_path, AIRSS)
    assert structure.composition.as_dict() == {"Na": 0.75, "Cl": 1.0}


def test_parts_are_disorder_groups_and_may_carry_the_share():
    atoms = "PART 1 10.25\nLI1 1 0.1 0.2 0.3 11.0\nPART 2\nLI2 1 0.2 0.2 0.3 10.75\nPART 0\nCL1 2 0.6 0.7 0.8\n"
    fragment = "FRAG 17\nC1 1 0 0 0\nFEND\nREM LI8 1 0 0 0\n"
    block = shelx_block(f"CELL 1 4 5 6 90 90 90\nLATT -1\nSFAC LI CL\n{fragment}{atoms}END", Path("a.res"))
    assert block.values["_atom_site_label"] == ["LI1", "LI2", "CL1"]
    assert block.values["_atom_site_occupancy"] == ["0.250000", "0.750000", "1.000000"]
    assert block.values["_atom_site_disorder_group"] == ["1", "2", "0"]


@pytest.mark.parametrize(
    ("change", "with_what", "match"),
    [
        ("W1   3", "W1   9", "atom W1 = '9': is no element of SFAC"),
        ("-20.041667", "-30.041667", "tied to free variable 3, and FVAR has 2"),
        ("LATT -2", "LATT -9", "LATT = -9: is no lattice type"),
        ("SYMM Y, X, Z", "SYMM Y, X", "SYMM = 'Y, X': is not a symmetry operation"),
    ],
)
def test_what_cannot_be_meant_is_named(tmp_path, change, with_what, match):
    with pytest.raises(StructureError, match=match):
        read(tmp_path, REFINED.replace(change, with_what))


def test_what_is_no_instruction_file():
    assert is_shelx(REFINED)
    assert is_shelx(AIRSS)
    assert not is_shelx("CELL 1 2 3\nSFAC Na\n")
    assert not is_shelx("data_x\n_cell_length_a 5\n")
