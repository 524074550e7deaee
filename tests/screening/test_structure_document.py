import copy
import json
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import DummySpecies, Lattice, Species, Structure

from screening.shipped import shipped_structure
from screening.structure_document import DeferredStructure, read_structure, symbol_counts
from screening.value import CrystalStructure, Value, content_hash

IONS = ["Na", "S", "W6+", "Na+", Species("Fe", 3), Species("Fe", 2.5), {"Na": 0.5, "Li": 0.5}, {"Na": 0.75}]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(IONS), min_size=1, max_size=8),
    st.integers(0, 2**32 - 1),
    st.sampled_from([None, 0.0, 1.0]),
    st.sampled_from([0, 1]),
)
def test_equals_pymatgens_reader(ions, seed, charge, verbosity):
    rng = np.random.default_rng(seed)
    made = Structure(Lattice(rng.normal(0, 3, (3, 3)) + 9 * np.eye(3)), ions, rng.normal(0, 1, (len(ions), 3)), charge)
    document = json.loads(json.dumps(made.as_dict(verbosity=verbosity)))
    fast, slow = read_structure(document), Structure.from_dict(document)
    assert fast == slow
    assert fast.as_dict(verbosity=0) == slow.as_dict(verbosity=0)
    assert content_hash(fast) == content_hash(slow)
    assert [site.label for site in fast] == [site.label for site in slow]
    assert (fast.charge, fast.properties) == (slow.charge, slow.properties)


def test_what_is_unusual_is_left_to_pymatgen():
    spins = Structure(Lattice.cubic(4), [Species("Fe", 3, spin=5), "O"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    marked = Structure(Lattice.cubic(4), ["Na", "S"], [[0, 0, 0], [0.5] * 3], site_properties={"magmom": [1.0, 0.0]})
    dummy = Structure(Lattice.cubic(4), [DummySpecies("X", 1), "S"], [[0, 0, 0], [0.5] * 3])
    for made in (spins, marked, dummy):
        assert read_structure(made.as_dict()) == made
        assert read_structure(made.as_dict()).site_properties == made.site_properties


def test_sites_are_independent():
    made = Structure(Lattice.cubic(4), ["Na", "Na"], [[0, 0, 0], [0.5] * 3])
    read = read_structure(made.as_dict(verbosity=0))
    read.replace(0, "Li")
    assert read.formula == "Na1 Li1"
    assert read_structure(made.as_dict(verbosity=0)).formula == "Na2"


@pytest.mark.parametrize("broken", [{}, {"lattice": {}, "sites": [{}]}])
def test_damage_is_an_error(broken):
    with pytest.raises((KeyError, IndexError, TypeError, ValueError)):
        read_structure(broken)


def test_what_a_campaign_stores_is_read_without_pymatgens_reader(monkeypatch):
    """Ten times slower; it was taken unnoticed when pymatgen began to write `spin: None` into every ion."""
    made = Structure(Lattice.cubic(4), [Species("Na", 1), "S"], [[0, 0, 0], [0.5] * 3])
    documents = [made.as_dict(verbosity=0), json.loads(json.dumps(made.as_dict()))]

    def slow(*_, **__):
        raise AssertionError("left to pymatgen")

    monkeypatch.setattr(Structure, "from_dict", slow)
    assert [read_structure(document) for document in documents] == [made, made]


@pytest.fixture
def later():
    """A structure that is read later, with the structure itself and the list of times it was read."""
    whole = read_structure(shipped_structure("mothers", "Na3SbS4_tet_derived").as_dict(verbosity=0))
    reads = []

    def load():
        reads.append(1)
        return whole.as_dict(verbosity=0)

    return DeferredStructure(load), whole, reads


@pytest.mark.parametrize(
    "ask",
    [
        lambda s: s.as_dict(verbosity=0),
        lambda s: s.copy(),
        lambda s: s[0],
        lambda s: s.composition,
        str,
        lambda s: s == s.copy(),
        lambda s: copy.deepcopy(s).lattice,
        lambda s: pickle.loads(pickle.dumps(s)).lattice,  # noqa: S301 - written here
        lambda s: s.get_distance(0, 1),
        content_hash,
    ],
)
def test_a_structure_that_is_read_later_answers_as_one_that_was_read(later, ask):
    deferred, whole, reads = later
    assert isinstance(deferred, Structure)
    assert reads == []
    assert ask(deferred) == ask(whole)
    assert ask(deferred) == ask(whole)
    assert reads == [1]
    assert type(deferred) is Structure


def test_a_value_keeps_it_unread_until_it_is_asked_for(later):
    _, whole, reads = later
    held = Held.model_validate({"structure": lambda: whole.as_dict(verbosity=0)})
    assert type(held.structure) is DeferredStructure
    assert held.to_document() == Held(structure=whole).to_document()
    assert reads == []


class Held(Value):
    structure: CrystalStructure


@given(st.lists(st.sampled_from(IONS[:6]), min_size=1, max_size=8))
def test_symbols_are_counted_without_reading_the_structure(ions):
    made = Structure(Lattice.cubic(9), ions, [[0.1 * n, 0.0, 0.0] for n in range(len(ions))])
    deferred = DeferredStructure(made.as_dict)
    assert symbol_counts(deferred) == symbol_counts(made) == made.composition.element_composition.as_dict()
    assert "_load" in object.__getattribute__(deferred, "__dict__")


def test_ions_are_counted_without_reading_the_structure(later):
    structure, whole, reads = later
    for _ in range(2):
        assert len(structure) == len(whole)
    assert len(reads) == 1
    assert "_load" in object.__getattribute__(structure, "__dict__")
    assert structure == whole
    assert vars(structure).keys() == vars(whole).keys()
    assert len(structure) == len(whole)


def test_symbols_of_sites_with_properties_are_counted_all_the_same():
    made = Structure(Lattice.cubic(9), ["Na", "S"], [[0, 0, 0], [0.5, 0, 0]], site_properties={"magmom": [0.0, 1.0]})
    assert symbol_counts(DeferredStructure(made.as_dict)) == {"Na": 1, "S": 1}
