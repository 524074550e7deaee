"""What the terminal and the report say of a mechanism."""

import pytest

from screening.mechanism.analysis import find_mechanism
from screening.mechanism.wording import jump_length, mechanism_lines, network_words
from tests.screening.mechanism.hopping import hopping


@pytest.fixture(scope="module")
def found():
    return find_mechanism(hopping(axes=(0,), frames=1200, seed=6)[0], species="Li", temperature_K=500)


def test_every_part_has_its_line(found):
    lines = dict(mechanism_lines(found))
    assert lines["sites"].startswith(str(len(found.sites)))
    assert lines["network"] == network_words(found)
    assert lines["network"].startswith("1-dimensional")
    assert lines["host"].startswith("S 0.08 A")
    assert "Li at" in lines["neighbours"]
    assert any(label.startswith("MSD at") for label in lines)
    more = dict(mechanism_lines(found.model_copy(update={"minima": len(found.sites) + 2})))
    assert f"{len(found.sites) + 2} maxima of the density" in more["sites"]


def test_sites_that_hold_several_ions_are_said_to_be_incomplete(found):
    assert "sites are missing" not in dict(mechanism_lines(found))["sites"]
    site = found.sites[0].model_copy(update={"occupancy": 1.7})
    full = found.model_copy(update={"sites": (site, *found.sites[1:])})
    assert "sites are missing" in dict(mechanism_lines(full))["sites"]


def test_a_run_without_jumps_has_no_cages():
    run, _ = hopping(rate_per_ps=0, frames=400, seed=6)
    still = find_mechanism(run, species="Li", temperature_K=500)
    assert still.jumps == 0
    assert dict(mechanism_lines(still))["network"] == "none: no ion jumped from site to site in this run"


def test_cages_and_lengths_in_words(found):
    caged = found.model_copy(update={"networks": tuple(n.model_copy(update={"dimensions": 0}) for n in found.networks)})
    assert network_words(caged).startswith("cages:")
    kind = found.jump_types[0].model_copy(update={"distance_A": 2.0, "shortest_A": 1.99, "longest_A": 2.01})
    assert jump_length(kind) == "2.00 A"
    assert jump_length(kind.model_copy(update={"longest_A": 2.5})) == "2.00 A (1.99 to 2.50)"


def test_jumps_are_counted_in_words(found):
    kind = found.jump_types[0]
    several, one = (found.model_copy(update={"jump_types": [kind.model_copy(update={"jumps": n})]}) for n in (12, 1))
    texts = [next(text for label, text in mechanism_lines(each) if label.startswith("  of")) for each in (several, one)]
    assert texts[0].startswith("12 jumps, ")
    assert texts[1].startswith("1 jump, ")
