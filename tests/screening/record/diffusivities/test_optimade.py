import re
from collections import Counter

import numpy as np
import pytest

from screening.record.diffusivities.optimade import optimade_document, optimade_formulas
from screening.record.diffusivities.published import read_published
from screening.record.diffusivity_database import DatabaseError, rows_of
from screening.record.history import histories
from tests.campaign_record import make_record

#: The properties of `structures` in optimade.rst 1.2.
STANDARD = {
    "immutable_id",
    "last_modified",
    "elements",
    "nelements",
    "elements_ratios",
    "chemical_formula_descriptive",
    "chemical_formula_reduced",
    "chemical_formula_hill",
    "chemical_formula_anonymous",
    "dimension_types",
    "nperiodic_dimensions",
    "lattice_vectors",
    "space_group_symmetry_operations_xyz",
    "space_group_symbol_hall",
    "space_group_symbol_hermann_mauguin",
    "space_group_symbol_hermann_mauguin_extended",
    "space_group_it_number",
    "cartesian_site_positions",
    "nsites",
    "species_at_sites",
    "species",
    "assemblies",
    "structure_features",
}


@pytest.fixture(scope="module")
def record():
    return make_record()


@pytest.fixture(scope="module")
def document(record):
    return optimade_document(tuple(rows_of(record)))


def test_names_are_those_of_the_specification_or_carry_our_prefix(document):
    for entry in document["data"]:
        assert entry.keys() == {"type", "id", "attributes"}
        assert entry["type"] == "structures"
        own = entry["attributes"].keys() - STANDARD
        assert all(re.fullmatch(r"_ionsieve_[a-z0-9_]+", name) for name in own), own
    assert len({entry["id"] for entry in document["data"]}) == len(document["data"])
    assert document["meta"]["provider"]["prefix"] == "ionsieve"
    assert document["meta"].keys() >= {"api_version", "query", "more_data_available"}
    assert document["meta"]["data_returned"] == len(document["data"])


def test_the_crystal_is_the_candidates(record, document):
    known = histories(record)
    for entry in document["data"]:
        found = entry["attributes"]
        structure = known[found["_ionsieve_candidate"]].structure
        assert np.allclose(found["lattice_vectors"], structure.lattice.matrix, atol=1e-6)
        assert np.allclose(found["cartesian_site_positions"], structure.cart_coords, atol=1e-6)
        assert found["species_at_sites"] == [site.specie.symbol for site in structure]
        assert found["nsites"] == len(structure)
        assert found["elements"] == sorted(found["elements"])
        assert sum(found["elements_ratios"]) == pytest.approx(1)
        assert found["nelements"] == len(found["elements"]) == len(found["species"])
        written = re.findall(r"([A-Z][a-z]?)(\d*)", found["chemical_formula_reduced"])
        reduced = {symbol: int(number or 1) for symbol, number in written}
        counts = Counter(found["species_at_sites"])
        divisor = np.gcd.reduce(list(counts.values()))
        assert list(reduced) == sorted(counts)
        assert reduced == {symbol: count // divisor for symbol, count in counts.items()}
        assert found["structure_features"] == []


def test_a_published_value_has_a_composition_and_no_sites(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("formula,species,temperature_K,D_cm2_s,source,licence\nNa2.9Sb0.9W0.1S4,Na,300,<1e-9,book,CC0\n")
    (entry,) = optimade_document(read_published(path))["data"]
    found = entry["attributes"]
    assert found["chemical_formula_reduced"] == "Na29S40Sb9W"
    assert found["chemical_formula_anonymous"] == "A40B29C9D"
    assert found["structure_features"] == ["implicit_atoms"]
    assert found["nsites"] is found["cartesian_site_positions"] is None
    assert (found["_ionsieve_d_cm2_s"], found["_ionsieve_d_high95_cm2_s"]) == (None, 1e-9)
    assert (found["_ionsieve_source"], found["_ionsieve_licence"]) == ("book", "CC0")


def test_a_damaged_structure_is_one_line(record):
    row = next(iter(rows_of(record))).model_copy(update={"structure": '{"sites": 3}'})
    with pytest.raises(DatabaseError, match="contains a structure that cannot be read"):
        optimade_document([row])


def test_anonymous_symbols_go_on_after_z():
    symbols = [
        "H",
        "He",
        "Li",
        "Be",
        "B",
        "C",
        "N",
        "O",
        "F",
        "Ne",
        "Na",
        "Mg",
        "Al",
        "Si",
        "P",
        "S",
        "Cl",
        "Ar",
        "K",
        "Ca",
        "Sc",
        "Ti",
        "V",
        "Cr",
        "Mn",
        "Fe",
        "Co",
        "Ni",
    ]
    formula = optimade_formulas(dict.fromkeys(symbols, 2.0))["chemical_formula_anonymous"]
    assert formula == "ABCDEFGHIJKLMNOPQRSTUVWXYZAaBa"
