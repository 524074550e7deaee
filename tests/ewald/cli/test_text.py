"""What the commands say: how many arrangements they keep, and how sure the result is."""

import dataclasses

import pytest

from ewald.cli.text import _DEFAULT_KEEP, count_document, kept, summary
from ewald.search.screen import screen
from ewald.space.space import ConfigurationSpace
from ewald.space.sublattice import Sublattice
from tests.ewald.cells import na3sbs4


def line_of(sites):
    """A row of cells with one vacancy: all arrangements are copies of one another."""
    na = Sublattice("Na", tuple(range(sites)), ("Na+", "vacancy"), (1, 0), (sites - 1, 1))
    cl = Sublattice("Cl", tuple(range(sites, 2 * sites)), ("Cl-", "vacancy"), (-1, 0), (sites - 1, 1))
    coords = [[0, 0, k / sites] for k in range(sites)] + [[0.5, 0.5, (k + 0.5) / sites] for k in range(sites)]
    return ConfigurationSpace([[4, 0, 0], [0, 4, 0], [0, 0, 4 * sites]], coords, (na, cl))


def test_what_is_asked_for_is_kept_whatever_there_is():
    assert kept(99, line_of(2), use_symmetry=True) == 99


def test_the_usual_number_gives_way_where_there_are_fewer():
    space = line_of(2)
    assert space.configurations == 4
    assert kept(None, space, use_symmetry=True) == space.distinct_configurations() < _DEFAULT_KEEP
    assert kept(None, space, use_symmetry=False) == 4
    assert kept(None, na3sbs4(2, 2), use_symmetry=True) == _DEFAULT_KEEP


def test_a_search_that_found_nothing_says_what_to_do(result):
    nothing = dataclasses.replace(result, lowest=(), certified=False, gap_eV=None, bound_eV=None)
    text = summary(nothing, None)
    assert "no arrangement found" in text
    assert "--time-limit" in text
    assert "energy (eV/cell)" not in text
    document = nothing.to_document()
    assert (document["lowest"], document["verdict"]) == ([], nothing.verdict)
    assert "lower --min-distance" in dataclasses.replace(nothing, certified=True).verdict


@pytest.fixture(scope="module")
def result():
    return screen(line_of(3), keep=2, method="exhaustive")


def test_the_summary_prints_energies_and_what_is_proven(result):
    lines = summary(result, "here").splitlines()
    assert lines[0].startswith("9 configurations, ")
    assert "certified: proven to be the lowest" in lines
    assert lines[-1] == "written to here"
    (first,) = [line for line in lines if f"{result.lowest[0].energy_eV:.6f}" in line][:1]
    assert first.split()[1] == "0.000000"


@pytest.mark.parametrize(
    ("bound_eV", "gap_eV", "said"),
    [
        (None, None, "not certified: the lowest found, nothing is proven"),
        (-5.5, 0.25, "not certified: nothing lies below -5.500000 eV, gap 0.250000 eV, 62.5 meV per ion"),
    ],
)
def test_what_is_not_proven_is_not_called_certified(result, bound_eV, gap_eV, said):
    unsure = dataclasses.replace(result, certified=False, bound_eV=bound_eV, gap_eV=gap_eV)
    assert said in summary(unsure, None).splitlines()
    assert "proven to be" not in summary(unsure, None)


def test_the_document_of_a_space():
    document = count_document(line_of(3))
    assert (document["configurations"], document["sites"], document["neutral"], document["charge_e"]) == (9, 6, True, 0)
    assert document["sublattices"][0]["counts"] == {"Na+": 2, "vacancy": 1}


def test_an_upper_limit_is_called_one(result):
    assert summary(result, None).startswith("9 configurations")
    limit = dataclasses.replace(result, configurations_exact=False)
    assert summary(limit, None).startswith("at most 9 configurations")
    assert limit.to_document()["configurations_exact"] is False
