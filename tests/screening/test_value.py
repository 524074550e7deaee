"""Values survive a round trip, refuse what is none, and hash by their content."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from pymatgen.core import Lattice, Structure

from screening.value import CrystalStructure, Value, content_hash

STRUCTURE = Structure(Lattice.cubic(4), ["Na+", "Cl-"], [[0, 0, 0], [0.5] * 3])


class Sample(Value):
    name: str
    structure: CrystalStructure | None = None


def test_a_value_comes_back_through_json():
    value = Sample(name="x", structure=STRUCTURE)
    assert Sample.from_document(json.loads(json.dumps(value.to_document()))) == value


def test_values_do_not_change_and_know_their_fields():
    with pytest.raises(ValidationError):
        Sample(name="x").name = "y"
    with pytest.raises(ValidationError):
        Sample(name="x", other=1)


@pytest.mark.parametrize("damaged", [{}, {"lattice": 1}, {"@module": "os", "@class": "system"}, 5, "x"])
def test_what_is_no_structure_is_refused(damaged):
    with pytest.raises(ValidationError, match="structure"):
        Sample(name="x", structure=damaged)


FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@given(st.dictionaries(st.text(max_size=3), FLOATS | st.text(max_size=3), max_size=4))
def test_the_hash_survives_json_and_does_not_depend_on_the_order(content):
    assert content_hash(content) == content_hash(json.loads(json.dumps(content)))
    assert content_hash(content) == content_hash(dict(reversed(content.items())))


@given(st.floats(1e-6, 1e6))
def test_rounding_errors_do_not_change_the_hash_and_differences_do(number):
    rounded = float(f"{number:.9g}")
    assert content_hash(rounded) == content_hash(rounded * (1 + 2e-16))
    assert content_hash(rounded) != content_hash(rounded * (1 + 1e-8))


def test_parts_are_told_apart():
    assert content_hash("ab", "c") != content_hash("a", "bc")
    assert content_hash([1, 2]) == content_hash((1, 2)) != content_hash(1, 2)
    assert content_hash(Sample(name="x")) == content_hash(Sample(name="x").to_document())
    assert content_hash(STRUCTURE) != content_hash(STRUCTURE.copy().translate_sites([0], [0.01, 0, 0]))
