"""Names of space groups as files write them."""

import pytest
from pymatgen.symmetry.groups import SpaceGroup

from ewald.io.crystals.cif_blocks import CifBlock
from ewald.io.crystals.group_names import choice_of, number_of, settings_of, symbol_of, types


def block(symbol="?", **more):
    return CifBlock("x", {"_symmetry_space_group_name_h-m": [symbol], **{k: [v] for k, v in more.items()}})


@pytest.mark.parametrize(
    ("symbol", "number", "full"),
    [("P 21/c", 14, "P 1 2_1/c 1"), ("P 2(1)/n", 14, "P 1 2_1/n 1"), ("P2~1~/a", 14, "P 1 2_1/a 1"),
     ("P 1 1 21/b", 14, "P 1 1 2_1/b"), ("P b n m", 62, "P 2_1/b 2_1/n 2_1/m"), ("C m c a", 64, "C 2/m 2/c 2_1/e"),
     ("B m a b", 64, "B 2/m 2_1/e 2/b"), ("A b a 2", 41, "A e a 2"), ("Fm3m", 225, "F 4/m -3 2/m"),
     ("F m 3- m", 225, "F 4/m -3 2/m"), ("Fm3̅m", 225, "F 4/m -3 2/m"), ("F_m_-3_m", 225, "F 4/m -3 2/m"),
     ("P 63/m m c (194)", 194, "P 6_3/m 2/m 2/c"), ("P6₃/mmc", 194, "P 6_3/m 2/m 2/c"), ("H -3 m", 166, "R -3 2/m"),
     ("P n m a (no. 62)", 62, "P 2_1/n 2_1/m 2_1/a"), ("I 1 2/a 1", 15, "I 1 2/a 1")],
)  # fmt: skip
def test_symbols(symbol, number, full):
    first = types()[settings_of(block(symbol))[0] - 1]
    assert (first.number, first.international_full) == (number, full)


@pytest.mark.parametrize("number", range(1, 231))
def test_every_symbol_of_pymatgen_is_known_and_has_its_order(number):
    from ewald.io.crystals.symmetry import operations_of_hall

    group = SpaceGroup.from_int_number(number)
    settings = settings_of(block(group.symbol))
    assert {types()[hall - 1].number for hall in settings} == {number}
    assert group.order in {len(operations_of_hall(hall)[0]) for hall in settings}


def test_origins_and_axes():
    assert [types()[h - 1].choice for h in settings_of(block("F d -3 m"))] == ["1", "2"]
    assert [types()[h - 1].choice for h in settings_of(block("F d -3 m :2"))] == ["2"]
    assert [types()[h - 1].choice for h in settings_of(block("R -3 c R"))] == ["R"]
    code = block("F d -3 m", _space_group_it_coordinate_system_code="1")
    assert choice_of(code) == "1"
    assert (symbol_of(block("F d -3 m (origin choice 2)")), choice_of(block("F d -3 m Z"))) == ("F d -3 m", "2")


def test_hall_symbols_and_numbers():
    assert settings_of(block(_space_group_name_hall="-F 4 2 3")) == [523]
    assert settings_of(block(_symmetry_int_tables_number="62")) == [292]
    assert number_of(block(_symmetry_int_tables_number="231")) is None
    assert settings_of(block("nonsense", _symmetry_int_tables_number="62")) == []


def test_schoenflies_symbols():
    assert settings_of(block(_space_group_name_schoenflies="O_h^5")) == [523]
    assert number_of(block(_symmetry_space_group_name_schoenflies="Oh.5")) == 225
    assert number_of(block(_space_group_name_schoenflies="none")) is None
