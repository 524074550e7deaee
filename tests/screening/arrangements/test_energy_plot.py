"""The plot of the energies."""

import pytest

from screening.arrangements.decisions import ewald_decisions
from screening.arrangements.energy_plot import plot_energies
from screening.arrangements.stage import screen_composition
from screening.campaign.stages import EwaldStage
from screening.plan.plan import build_plan

STAGE = EwaldStage(keep=3, time_limit_s=30)


@pytest.fixture(scope="module")
def compositions(campaign, tmp_path_factory):
    made = campaign(
        "Na3SbS4_tet_derived",
        [{"site": "Sb", "dopants": ["W6+"], "levels": ["1/4"]}],
        supercell={"target_ions": 32, "max_ions": 32},
        mother_name="Na3SbS4",
    )
    return build_plan(made, tmp_path_factory.mktemp("plan")).compositions


def test_the_plot_and_the_ledger(compositions, tmp_path):
    record, candidates = screen_composition(compositions[1], STAGE, tmp_path)
    plot_energies(record, tmp_path / "energies.png")
    assert (tmp_path / "energies.png").read_bytes().startswith(b"\x89PNG")
    lines = ewald_decisions("test", record, candidates, "hash")
    assert [line.subject for line in lines] == [candidate.id for candidate in candidates]
    assert lines[0].value == 0
