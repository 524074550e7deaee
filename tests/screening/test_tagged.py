"""Tagged JSON: pymatgen's structures come to life, nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from screening.tagged import decoded, plain

STRUCTURE = Structure(Lattice.cubic(4), ["Na", "Cl"], [[0, 0, 0], [0.5] * 3])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


def test_structures_come_back_wherever_they_stand():
    content = {"a": [1, {"deep": STRUCTURE.as_dict()}]}
    assert decoded(content)["a"][1]["deep"] == STRUCTURE


@pytest.mark.parametrize(
    "tags",
    [
        {"@module": "os", "@class": "system"},
        {"@module": "subprocess", "@class": "Popen"},
        {"@module": "pymatgen.corelike.evil", "@class": "X"},
        {"@module": "pymatgen.io.vasp.outputs", "@class": "Vasprun"},
        {"@module": "builtins", "@callable": "eval"},
        {"@module": "pymatgen.core.structure", "@callable": "Structure.from_file"},
        {"@module": "pymatgen.core.structure", "@class": "Structure", "@bound": {}},
        {"@module": ["pymatgen.core.structure"], "@class": "Structure"},
        {"@class": "Structure"},
    ],
)
def test_every_other_tag_is_taken_off(tags):
    assert decoded({**tags, "value": 1, "inner": [{**tags, "x": 2}]}) == {"value": 1, "inner": [{"x": 2}]}


def test_an_allowed_value_keeps_no_foreign_one_inside():
    document = STRUCTURE.as_dict() | {"properties": {"@module": "os", "@class": "system", "args": "true"}}
    assert decoded(document).properties == {"args": "true"}


@given(JSON)
def test_content_without_tags_stays_as_it_is(content):
    def tagged(value):
        if isinstance(value, dict):
            return any(key[:1] == "@" or tagged(inner) for key, inner in value.items())
        return isinstance(value, list) and any(map(tagged, value))

    assert tagged(content) or plain(content) == content
    assert plain(plain(content)) == plain(content)
