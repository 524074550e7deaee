"""Compositions that the tests of the Ewald stage share."""

import pytest

from screening.plan.plan import build_plan


@pytest.fixture(scope="module")
def compositions(campaign, tmp_path_factory):
    made = campaign(
        "Na3SbS4_tet_derived",
        [{"site": "Sb", "dopants": ["W6+"], "levels": ["1/4"]}],
        supercell={"target_ions": 32, "max_ions": 32},
        mother_name="Na3SbS4",
    )
    return build_plan(made, tmp_path_factory.mktemp("plan")).compositions
