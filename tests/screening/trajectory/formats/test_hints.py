"""What the user says beside a file."""

from pathlib import Path

import numpy as np
import pytest

from ewald.errors import UserError
from screening.trajectory.formats.hints import Elements, Hints, Reference

HERE = Path("t")


def test_three_ways_to_name_elements():
    assert Elements.parse("Li, P,S,Cl").by_type == ("Li", "P", "S", "Cl")
    assert Elements.parse({"OW": "O"}).number("OW", HERE) == 8
    assert Elements.parse("Li2,P").in_order == (3, 3, 15)
    assert Elements.parse(None) == Elements()
    for wrong in ("Li,Xx", "Li,OW=O", "li", "1=Li,2=Qq", ""):
        with pytest.raises(UserError):
            Elements.parse(wrong)


def test_types_need_elements():
    assert Elements.parse("Li,P").number("2", HERE) == 15
    for label, said in (("1", None), ("3", "Li,P"), ("0", "Li,P")):
        with pytest.raises(UserError, match="--elements"):
            Elements.parse(said).number(label, HERE)
    with pytest.raises(UserError, match="not an element"):
        Elements().number("OW", HERE)
    assert Elements().number("Na_pv", HERE) == 11


def test_positions_without_elements():
    structure = Reference(np.array([3, 17]), None, np.zeros((2, 3)))
    assert Hints(structure=structure).ordered_numbers(2, HERE).tolist() == [3, 17]
    assert Hints(Elements.parse("Na,Cl1"), structure).ordered_numbers(2, HERE).tolist() == [11, 17]
    with pytest.raises(UserError, match="without elements"):
        Hints().ordered_numbers(2, HERE)
    with pytest.raises(UserError, match="holds 3 ions"):
        Hints(structure=structure).ordered_numbers(3, HERE)


def test_units_of_length():
    assert Hints(length_unit="nm").length_A(HERE) == 10
    assert Hints().length_A(HERE) == 1
    assert Hints(length_unit="bohr").length_A(HERE, "bohr") == pytest.approx(0.529177, rel=1e-6)
    with pytest.raises(UserError, match=r"in nm, as the file says.*angstrom"):
        Hints(length_unit="angstrom").length_A(HERE, "nm")
