"""What to make."""

import base64
import re

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.io.cif import CifParser

from screening.record.history import histories
from screening.record.ranking import survivors
from screening.report.sections.recipe_section import cif_link, crystal_facts, parent_lattice, recipe_section
from tests.campaign_record import make_record

RECORD = make_record()


def test_every_candidate_that_passed_has_a_card_and_nothing_else_has():
    page = str(recipe_section(RECORD))
    passed = [line.candidate_id for line in survivors(RECORD)]
    assert passed
    assert page.count('class="survivor"') == len(passed)
    assert all(f"Download {name}.cif" in page for name in passed)


def test_where_none_passed_the_first_is_shown_and_not_recommended():
    undecided = tuple(d for d in RECORD.decisions if d.stage != "long_md")
    page = str(recipe_section(RECORD.model_copy(update={"decisions": undecided})))
    assert "not recommended" in page
    assert page.count('class="survivor"') == 1


def test_the_cif_in_the_page_is_the_structure():
    history = next(iter(histories(RECORD).values()))
    packed = re.search(r"base64,([A-Za-z0-9+/=]+)", str(cif_link(history)))[1]
    read = CifParser.from_str(base64.b64decode(packed).decode()).parse_structures(primitive=False)[0]
    assert read.composition.reduced_formula == history.structure.composition.reduced_formula
    assert np.allclose(sorted(read.lattice.abc), sorted(history.structure.lattice.abc), atol=1e-4)


def test_the_cell_of_the_mother_comes_back_from_a_supercell():
    mother = Structure(Lattice.from_parameters(5, 6, 7, 80, 90, 100), ["Na"], [[0, 0, 0]])
    matrix = ((1, -1, 0), (1, 1, 0), (-1, 0, 2))
    found = parent_lattice(mother.make_supercell(matrix, in_place=False), matrix)
    assert found.parameters == pytest.approx(mother.lattice.parameters)


def test_space_groups_of_an_ordered_crystal_are_named():
    history = next(iter(histories(RECORD).values()))
    names = dict(crystal_facts(history))
    assert "within 0.01" in names["Space group of this arrangement"]
    assert names["Density"].endswith("g/cm³")
