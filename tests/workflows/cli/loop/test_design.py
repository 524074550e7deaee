import json
from functools import partial

import pytest
import yaml

from ewald.errors import UserError
from workflows.cli.loop import design

pytest.importorskip("sklearn")


@pytest.fixture
def run(invoke):
    return partial(invoke, design, "design")


def test_compositions_come_by_their_probability(run):
    document = json.loads(
        run("--mobile", "Li", "--elements", "P,S,O,I", "--max-atoms", "8", "--top", "5", "--json").stdout
    )
    chances = [one["probability_above"] for one in document["proposals"]]
    assert len(chances) == 5 < document["looked_through"]
    assert chances == sorted(chances, reverse=True)


def test_substitutions_of_a_mother_are_doping_plans(run):
    said = run("--mobile", "Li", "--elements", "Ge,Br", "--mother", "Li6PS5Cl", "--top", "3").stdout
    plans = yaml.safe_load(said.partition("For a campaign file:")[2])["doping"]
    assert len(plans) == 3
    assert {"site", "dopants", "levels"} <= plans[0].keys()


@pytest.mark.parametrize("charges", ["P", "P=x", "P=0"])
def test_a_charge_that_is_none_is_refused(run, charges):
    result = run("--mobile", "Li", "--elements", "P,S", "--charges", charges)
    assert isinstance(result.exception, UserError)
    assert "is not a charge" in str(result.exception)


@pytest.mark.parametrize("more", [["--elements", "P,Ge"], ["--elements", "P,S", "--max-atoms", "2"]])
def test_bounds_without_any_composition_are_said(run, more):
    result = run("--mobile", "Li", *more)
    assert isinstance(result.exception, UserError)
    assert "no neutral composition" in str(result.exception)
