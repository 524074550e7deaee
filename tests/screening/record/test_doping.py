"""Doping read from the names of compositions."""

from types import SimpleNamespace

import pytest

from screening.plan import build_plan
from screening.record.doping import Doping, doping_of
from workflows.campaign.campaign_file import open_campaign


@pytest.mark.parametrize(
    ("name", "doping"),
    [
        ("Na3SbS4-undoped", Doping("Na3SbS4", "undoped", 0.0)),
        ("Na3SbS4-W0.25-vac", Doping("Na3SbS4", "W", 0.25)),
        ("Na3SbS4-W6p_0.25-vac", Doping("Na3SbS4", "W", 0.25)),
        ("Na3SbS4-W0.125Sn0.125-int", Doping("Na3SbS4", "W+Sn", 0.25)),
        ("Na3SbS4-Mo1-vac", Doping("Na3SbS4", "Mo", 1.0)),
        ("Na3SbS4-Ca0.25-on-Na-0", Doping("Na3SbS4", "Ca", 0.25)),
        ("something else", None),
    ],
)
def test_names_of_every_kind_are_read(name, doping):
    assert doping_of(SimpleNamespace(id=name, mother="Na3SbS4")) == doping


def test_every_composition_of_a_shipped_campaign_is_read():
    file = open_campaign("quickstart")
    for composition in build_plan(file.campaign, file.base_dir).compositions:
        assert doping_of(composition).mother == "Na3SbS4"
