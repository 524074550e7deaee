import pytest

from screening.record.diffusivities.query import Query, QueryError, select
from screening.record.diffusivity_database import rows_of
from tests.campaign_record import make_record


@pytest.fixture(scope="module")
def rows():
    return tuple(rows_of(make_record(demonstration=False)))


def test_elements_are_all_contained(rows):
    found = select(rows, Query(elements=("Sb", "W")))
    assert found
    assert set(found) == {row for row in rows if "Sb" in row.formula and "W" in row.formula}
    assert select(rows, Query(elements=("Li",))) == ()


def test_a_formula_is_meant_in_any_multiple(rows):
    found = select(rows, Query(formula="Na12Sb2W2S16"))
    assert found == select(rows, Query(formula="Na6SbWS8"))
    assert {row.formula for row in found} == {"Na6SbWS8"} or {row.formula for row in found} == {"Na6SbS8W"}


def test_temperature_range_holds_its_ends(rows):
    found = select(rows, Query(low_K=600, high_K=700))
    assert {row.temperature_K for row in found} == {600.0, 700.0}
    assert len(found) == sum(600 <= row.temperature_K <= 700 for row in rows)


def test_method_is_a_part_in_any_case(rows):
    assert select(rows, Query(method="TOY")) == rows
    assert select(rows, Query(method="vasp")) == ()


def test_demonstrations_have_to_be_asked_for():
    shown = tuple(rows_of(make_record()))
    assert select(shown, Query()) == ()
    assert select(shown, Query(demonstration=True)) == shown


@pytest.mark.parametrize(
    "query", [Query(elements=("Xx",)), Query(formula="Na3?"), Query(low_K=700, high_K=600), Query(species="Na+")]
)
def test_what_cannot_be_meant_is_said(rows, query):
    with pytest.raises(QueryError):
        select(rows, query)
