import pytest

from ewald.errors import StructureError
from ewald.pairs import PairModel

TERM = {"between": ["Na", "S2-"], "born_mayer": {"A_eV": 1, "rho_A": 0.3}}


def test_terms_fit_ions_and_elements_in_either_order_and_add_up():
    model = PairModel.parse({"terms": [TERM, TERM | {"between": ["S", "Na+"], "cutoff_A": 4}], "cutoff_A": 6})
    assert sorted(cutoff_A for _, cutoff_A in model.between("S2-", "Na+")) == [4, 6]
    assert len(model.between("S4-", "Na+")) == 1
    assert model.between("Na+", "Na+") == model.between("vacancy", "S2-") == ()


def test_a_table_ends_before_the_cutoff():
    model = PairModel.parse({"terms": [{"between": ["Na", "Na"], "table": {"r_A": [1, 3], "energy_eV": [1, 0]}}]})
    assert [cutoff_A for _, cutoff_A in model.between("Na+", "Na+")] == [3]


def test_charges_of_an_ion_go_before_those_of_its_element():
    model = PairModel.parse({"charges": {"Fe": 1.5, "Fe3+": 2.1}})
    assert [model.charge(n, q) for n, q in (("Fe2+", 2), ("Fe3+", 3), ("O2-", -2), ("vacancy", 0))] == [1.5, 2.1, -2, 0]


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"terms": [{"between": ["Na", "S"]}]}, "terms.0"),
        ({"terms": [TERM | {"morse": {"D_eV": 1, "a_per_A": 1, "r0_A": 2}}]}, "terms.0"),
        ({"terms": [TERM | {"born_mayer": {"A_eV": 1, "rho": 0.3}}]}, "terms.0.born_mayer"),
        ({"permittivity": 0}, "permittivity"),
        ({"charge": {}}, "charge"),
    ],
)
def test_what_is_wrong_is_named(content, field):
    with pytest.raises(StructureError) as caught:
        PairModel.parse(content)
    assert field in str(caught.value)


def test_names_that_fit_nothing_are_refused():
    PairModel.parse({"terms": [TERM]}).require_known(["Na+", "S2-", "vacancy"])
    for content, name in (({"terms": [TERM]}, "Na"), ({"charges": {"Ag": 1}}, "Ag")):
        with pytest.raises(StructureError, match=f"'?{name}'?.*choose among"):
            PairModel.parse(content).require_known(["S2-", "vacancy"])
