"""The plot of the energies."""

from screening.arrangements.decisions import ewald_decisions
from screening.arrangements.energy_plot import plot_energies
from screening.arrangements.stage import screen_composition
from screening.campaign.stages import EwaldStage

STAGE = EwaldStage(keep=3, time_limit_s=30)


def test_the_plot_and_the_ledger(compositions, tmp_path):
    record, candidates = screen_composition(compositions[1], STAGE, tmp_path)
    plot_energies(record, tmp_path / "energies.png")
    assert (tmp_path / "energies.png").read_bytes().startswith(b"\x89PNG")
    lines = ewald_decisions("test", record, candidates, "hash")
    assert [line.subject for line in lines] == [candidate.id for candidate in candidates]
    assert lines[0].value == 0
