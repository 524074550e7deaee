import pytest

from screening.prior.measured import (
    PriorError,
    composition_of_formula,
    mobile_of,
    read_measurements,
    shipped_measurements,
)


def table(tmp_path, text):
    path = tmp_path / "own.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_table_is_the_training_split():
    found = shipped_measurements()
    assert len(found) == 478
    assert sum(one.bound for one in found) == 29
    assert all(one.source.startswith("10.") and one.mobile == "Li" for one in found)


def test_an_own_table_is_read_with_its_bounds(tmp_path):
    path = table(tmp_path, "formula,sigma_S_cm,mobile,source\nNa3PS4,2e-4,,mine\nLiNaSO4,<1E-10,Na,\n")
    first, second = read_measurements(path)
    assert (first.mobile, first.bound, first.source) == ("Na", False, "mine")
    assert first.log10_sigma_S_cm == pytest.approx(-3.69897)
    assert (second.mobile, second.bound, second.log10_sigma_S_cm) == ("Na", True, -10)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("formula,value\nNa3PS4,1\n", "sigma_S_cm: lacks a column"),
        ("formula,sigma_S_cm\nNa3PS4,1e-3\nNa3PS4,high\n", "line 3 = 'high'"),
        ("formula,sigma_S_cm\nNa3PS4,-1\n", "line 2"),
        ("formula,sigma_S_cm\nXq3,1e-3\n", "is not a formula"),
        ("formula,sigma_S_cm\nSiO2,1e-3\n", "no possible mobile ion"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(tmp_path, text, said):
    with pytest.raises(PriorError, match=said):
        read_measurements(table(tmp_path, text))


def test_a_missing_table_is_said_in_one_line(tmp_path):
    with pytest.raises(PriorError, match="cannot be read: No such file"):
        read_measurements(tmp_path / "none.csv")


@pytest.mark.parametrize(
    "text", ["", " ", "hello", "Li*", "12", "LiX", "Li3N·", "·H2O", "Li+", "Li-3P", "li3n", "(Li3N"]
)
def test_what_is_no_formula_is_refused(text):
    with pytest.raises(PriorError, match="is not a formula"):
        composition_of_formula(text)


def test_lithium_moves_before_sodium():
    assert mobile_of(composition_of_formula("NaLiSO4")) == "Li"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Li₆PS₅Cl", "Li6PS5Cl"),
        ("Li₅.₅PS₄.₅Cl₁.₅", "Li5.5PS4.5Cl1.5"),
        (" Li3N ", "Li3N"),
        ("Na2S·9H2O", "Na2SH18O9"),
        ("LiAlO₂ · ½H₂O".replace("½", "0.5"), "LiAlO2.5H"),
        ("6Li3N", "Li18N6"),
        ("Na3P(Se0.5S0.5)4", "Na3PSe2S2"),
    ],
)
def test_subscripts_hydrates_and_numbers_are_read(text, plain):
    assert composition_of_formula(text) == pytest.approx(composition_of_formula(plain))


@pytest.mark.parametrize("text", ["Li3PO4.2H2O", "Na2S.9H2O", "Na2S(OH).H2O"])
def test_a_dot_that_may_be_a_hydrate_or_a_decimal_is_asked_about(text):
    with pytest.raises(PriorError, match="decimal or a hydrate"):
        composition_of_formula(text)
