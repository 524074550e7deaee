"""The viewer's data of density and jumps."""

import html
import json
import re

import numpy as np
import pytest

from screening.mechanism import find_mechanism
from screening.report.drawing.mechanism_view import links, mechanism_view
from tests.screening.mechanism.hopping import hopping


@pytest.fixture(scope="module")
def found():
    return find_mechanism(hopping(seed=3)[0], species="Li", temperature_K=500)


def test_the_data_of_the_viewer(found):
    text = str(mechanism_view(found))
    data = json.loads(html.unescape(re.search(r"data-crystal='([^']*)'", text)[1]))
    assert data["density"]["packed"] == found.density.packed
    assert len(data["which"]) == len(found.density.host)
    assert len(data["links"]) == len(links(found))
    assert len(text) < 60_000
    assert "50%" in text
    assert "97%" in text


def test_links_are_the_jumps_of_the_lattice(found):
    drawn = np.array(links(found))
    lengths = np.linalg.norm(drawn[:, 3:6] * 9.0, axis=1)
    assert np.abs(lengths - 3.0).max() < 0.3
    assert 60 <= len(drawn) <= 81  # six neighbours of each of 27 sites, few of them met once
    assert drawn[:, 6].min() >= 2
    assert drawn[:, 6].sum() <= found.jumps


def test_without_a_density_there_is_no_view(found):
    assert mechanism_view(found.model_copy(update={"density": None})) is None
