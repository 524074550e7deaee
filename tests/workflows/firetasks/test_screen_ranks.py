"""The Ewald stage on MPI ranks, started from a Firework; tests/external does the same under SLURM."""

import json
import sys
from pathlib import Path

import pytest
from fireworks import FWorker
from fireworks.core.rocket_launcher import launch_rocket

from ewald.errors import UserError
from screening.campaign import load_campaign
from screening.plan.composition_record import CompositionRecord
from workflows.campaign.campaign_file import open_campaign
from workflows.operations.submit import submit

MPIEXEC = str(Path(sys.prefix) / "bin" / "mpiexec")
EWALD = {"keep": 2, "method": "exhaustive"}


def screen(launchpad):
    launch_rocket(launchpad, FWorker(query={"spec.stage": "ewald"}), strm_lvl="CRITICAL")
    return launchpad.fireworks.find_one({"spec.stage": "ewald"}, {"state": 1})["state"]


@pytest.mark.mongod
@pytest.mark.mpi
def test_two_ranks_find_what_one_finds(launchpad, campaign):
    pytest.importorskip("mpi4py")
    execution = {"mpi_launcher": [MPIEXEC, "-n", "2"], "mpi_ranks": 2}
    results = submit(open_campaign(str(campaign(ewald=EWALD, execution=execution))), launchpad).results
    assert screen(launchpad) == "COMPLETED"
    folder = results.entry.folder / "ewald" / "Na3SbS4-W0.5-vac"
    assert json.loads((folder / "search" / "result.json").read_text())["ranks"] == 2
    assert results.get(CompositionRecord, "ewald", "Na3SbS4-W0.5-vac").energies_eV == pytest.approx(
        [-410.0555554, -409.5134980]
    )


@pytest.mark.mongod
@pytest.mark.mpi
def test_fewer_ranks_than_asked_for_are_refused(launchpad, campaign):
    pytest.importorskip("mpi4py")
    execution = {"mpi_launcher": [MPIEXEC, "-n", "1"], "mpi_ranks": 2}
    results = submit(open_campaign(str(campaign(ewald=EWALD, execution=execution))), launchpad).results
    assert screen(launchpad) == "FIZZLED"
    (failure,) = results.failures()
    assert failure.kind == "input"
    assert "2 ranks were asked for, and MPI sees 1" in failure.reason


@pytest.mark.mongod
def test_a_launcher_that_only_the_database_names_never_runs(launchpad, submitted, tmp_path):
    mark = tmp_path / "was-here"
    change = {"campaign.execution.mpi_launcher": ["/usr/bin/touch", str(mark)]}
    launchpad.db.ionsieve_campaigns.update_many({}, {"$set": change})
    assert screen(launchpad) == "FIZZLED"
    assert not mark.exists()
    assert "not those that were submitted" in submitted.failures()[0].reason


@pytest.mark.parametrize(
    ("execution", "said"),
    [({"mpi_launcher": ["mpiexec", "-n", "2"]}, "must be an absolute path"), ({"mpi_ranks": 4}, "needs mpi_launcher")],
)
def test_mistakes_are_found_when_the_file_is_read(campaign, execution, said):
    with pytest.raises(UserError, match=said):
        load_campaign(campaign(execution=execution))
