"""Type symbols and labels."""

import pytest

from ewald.io.crystals.elements import charge_of, element_of_symbol, hides_hydrogen, is_isotope, is_vacancy


@pytest.mark.parametrize(
    ("symbol", "element"),
    [("Fe3+", "Fe"), ("Fe+3", "Fe"), ("Fe(III)", "Fe"), ("O2-", "O"), ("CL", "Cl"), ("na", "Na"), ("7Li", "Li"),
     ("Li7", "Li"), ("D", "H"), ("2H", "H"), ("Wat", "O"), ("OW", "O"), ("NH4", "N"), ("BH4", "B"), ("O1A", "O"),
     ("Na/K", None), ("Na,K", None), ("NaK", None), ("Na0.5K0.5", None), ("CN", None), ("M", None), ("Qq", None),
     ("T", None), ("?", None), ("", None), ("Og", None), ("O(-II)", "O")],
)  # fmt: skip
def test_type_symbols(symbol, element):
    assert element_of_symbol(symbol, {}) == element


@pytest.mark.parametrize(
    ("label", "formula", "element"),
    [("HO1", "HO", "H"), ("HO1", "", "Ho"), ("Ho1", "HO", "Ho"), ("OS2", "OS", "O"), ("Li(1)", "", "Li"),
     ("Na1*", "", "Na"), ("LiA", "", "Li"), ("CN1", "", "C"), ("T1", "H", "H"), ("T1", "", None)],
)  # fmt: skip
def test_labels(label, formula, element):
    assert element_of_symbol(label, dict.fromkeys(formula, 1.0), label=True) == element


def test_vacancies_are_not_vanadium():
    assert all(is_vacancy(one, {}) for one in ("Vac", "vac1", "VA", "X", "[]", "Du1", "Bq"))
    assert not any(is_vacancy(one, {}) for one in ("V", "V1", "Xe", "Dy1", "D1"))
    assert not is_vacancy("VA1", {"V": 1.0})


def test_isotopes():
    assert [is_isotope(one) for one in ("D", "D1", "7Li", "T", "Li7", "Dy", "Li")] == [True] * 4 + [False] * 3


def test_groups_with_hydrogen():
    assert all(hides_hydrogen(one) for one in ("Wat", "WAT2", "OH", "O-H", "OH2", "NH4", "NH4+", "H2O", "BH4"))
    assert not any(hides_hydrogen(one) for one in ("O", "OW", "Nb", "N", "Ho", "H", "C1", "Hg"))


def test_charges():
    found = [charge_of(one) for one in ("Fe3+", "O-2", "Na+", "O1-", "Fe(3+)", "Fe^2+", "Li0.5+", "Fe3", "Cl")]
    assert found == [3, -2, 1, -1, 3, 2, 0.5, None, None]
