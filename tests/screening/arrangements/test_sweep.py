import subprocess
import sys
from pathlib import Path

import pytest

from ewald.errors import StructureError
from screening.arrangements import sweep as ewald_sweep
from screening.arrangements.sweep import divide, screen_compositions
from screening.campaign import load_campaign
from screening.plan.plan import build_plan

ROOT = Path(__file__).parents[3]
QUICKSTART = ROOT / "configs" / "quickstart.yaml"


@pytest.fixture(scope="module")
def quickstart():
    campaign = load_campaign(QUICKSTART)
    return campaign, build_plan(campaign, QUICKSTART.parent).compositions


def test_every_composition_once_in_the_order_of_the_plan(quickstart, tmp_path):
    campaign, compositions = quickstart
    reported = []
    outcome = screen_compositions(compositions, campaign.ewald, tmp_path, report=reported.append)
    assert list(outcome.screened) == [composition.id for composition in compositions]
    assert sorted(record.id for record in reported) == sorted(outcome.screened)
    for composition in compositions:
        assert (tmp_path / composition.id / "energies.png").exists()
        assert (tmp_path / composition.id / f"{composition.id}_a1.cif").exists()


def test_one_failure_does_not_stop_the_others(quickstart, tmp_path, monkeypatch):
    campaign, compositions = quickstart
    real = ewald_sweep.screen_composition

    def failing(composition, *rest, **options):
        if composition.id.endswith("W0.25-vac"):
            raise StructureError("made to fail")
        return real(composition, *rest, **options)

    monkeypatch.setattr(ewald_sweep, "screen_composition", failing)
    outcome = screen_compositions(compositions, campaign.ewald, tmp_path)
    assert outcome.failed == {"Na3SbS4-W0.25-vac": "made to fail"}
    assert len(outcome.screened) == 2


def test_large_spaces_are_for_all_ranks_and_small_ones_for_single_ranks(quickstart):
    _, compositions = quickstart
    times = (10.0, 1.0, 100.0)
    timed = [c.model_copy(update={"estimated_seconds": t}) for c, t in zip(compositions, times, strict=True)]
    assert divide(timed, 1) == ([], [timed[2], timed[0], timed[1]])
    assert divide(timed, 4) == ([timed[2]], [timed[0], timed[1]])


@pytest.mark.mpi
def test_ranks_share_the_work_and_find_the_same(quickstart, tmp_path):
    pytest.importorskip("mpi4py")
    campaign, compositions = quickstart
    alone = screen_compositions(compositions, campaign.ewald, tmp_path / "one")
    mpiexec = Path(sys.prefix) / "bin" / "mpiexec"
    if not mpiexec.exists():
        pytest.skip("no mpiexec in this environment")
    command = [mpiexec, "-n", "2", sys.executable, "-m", "workflows.cli.main", "screen", QUICKSTART]
    subprocess.run([*command, "--out", tmp_path / "two"], check=True, cwd=ROOT, timeout=120, capture_output=True)
    outcome = screen_compositions(compositions, campaign.ewald, tmp_path / "two")
    for name, (record, _) in alone.screened.items():
        assert outcome.screened[name][0].energies_eV == pytest.approx(record.energies_eV, rel=1e-12)
    assert not list((tmp_path / "two").glob(".claims-*"))
