"""Mothers and campaigns that several tests share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pymatgen.core import Lattice, Structure

from screening.campaign import Campaign
from screening.campaign.doping import MotherSpec
from screening.plan.mother import Mother, load_mother

LoadMother = Callable[..., Mother]
MakeCampaign = Callable[..., Campaign]


@pytest.fixture(scope="session")
def mother() -> LoadMother:
    """Load a shipped mother by name."""

    def load(structure: str, mobile: str = "Na", **spec: Any) -> Mother:
        return load_mother(MotherSpec(structure=structure, mobile=mobile, **spec), Path())

    return load


@pytest.fixture(scope="session")
def na4sis4() -> Mother:
    """Na4SiS4 by its formula alone: ions on a made-up lattice, for no published coordinates were found."""
    species = ["Na+"] * 4 + ["Si4+"] + ["S2-"] * 4
    coords = [[(3 * i % 9) / 9, (5 * i % 9) / 9, (7 * i % 9) / 9 + 0.01 * i] for i in range(9)]
    structure = Structure(Lattice.orthorhombic(7.0, 7.5, 8.0), species, coords)
    return Mother(name="Na4SiS4", mobile="Na", structure=structure, charges_from="the file", source="formula")


@pytest.fixture(scope="session")
def campaign() -> MakeCampaign:
    """Make a campaign of one mother from its doping plans."""

    def make(structure: str, doping: list[dict[str, Any]], **sections: Any) -> Campaign:
        mobile = sections.pop("mobile", "Na")
        name = sections.pop("mother_name", None)
        return Campaign.model_validate(
            {
                "name": "test",
                "mothers": [{"structure": structure, "mobile": mobile, "name": name}],
                "doping": doping,
                "engine": {"preset": "toy"},
                **sections,
            }
        )

    return make
