"""The Ewald screen of one composition on several MPI ranks, started from a Firework.

The worker writes the job, starts the ranks with the campaign's launcher in a process group of their own, and reads
what they leave in the composition's folder. `python -m workflows.firetasks.screen_ranks FOLDER` is what each rank runs.
"""

import sys
from pathlib import Path
from typing import Any

from ewald.errors import UserError
from ewald.files.atomic import write_atomic
from ewald.parallel.transport import world_communicator
from screening.arrangements.stage import read_outcome, screen_composition, stage_hash
from screening.campaign.execution import Execution
from screening.campaign.stages import EwaldStage
from screening.plan.composition import Composition
from screening.value import Value
from workflows.engines.errors import EngineError, FailureReason
from workflows.process.run_code import find_executable, run_code
from workflows.process.stop import StopRequest

_JOB_FILE = "ranks.json"
_LOG_FILE = "ranks.log"


class RanksJob(Value):
    """What the ranks search, written to a file that each of them reads.

    Attributes
    ----------
    composition, stage
        What is searched, and with which settings.
    ranks
        How many there must be; another number is an error.
    """

    composition: Composition
    stage: EwaldStage
    ranks: int


def screen_on_ranks(composition: Composition, stage: EwaldStage, folder: Path, execution: Execution) -> None:
    """Screen a composition on the campaign's ranks; the outcome is in `folder` afterwards.

    Raises
    ------
    UserError
        When the launcher is not there, or started ranks that do not know of each other.
    EngineError
        When the ranks ended without an outcome, or were told to end; the search goes on from its checkpoint.
    """
    inputs_hash = stage_hash(composition, stage)
    if read_outcome(folder, inputs_hash) is not None:
        return
    launcher = [find_executable(execution.mpi_launcher[0], fix="correct execution.mpi_launcher")]
    job = RanksJob(composition=composition, stage=stage, ranks=execution.mpi_ranks)
    write_atomic(folder / _JOB_FILE, job.model_dump_json())
    command = [
        *launcher,
        *execution.mpi_launcher[1:],
        sys.executable,
        "-m",
        "workflows.firetasks.screen_ranks",
        str(folder),
    ]
    root = str(Path(__file__).resolve().parents[2])
    with StopRequest() as stop:
        ended = run_code(
            command, folder, log=_LOG_FILE, stop=stop, environment={"PYTHONPATH": root, "OMP_NUM_THREADS": "1"}
        )
    if ended.stopped is not None:
        reason = FailureReason.WALLTIME if ended.stopped == "walltime" else FailureReason.STOPPED
        raise EngineError(
            reason, f"the search was stopped in {folder}", fix="run again: it resumes from its checkpoint"
        )
    if read_outcome(folder, inputs_hash) is not None:
        return
    said = (folder / _LOG_FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    mistake = next((line for line in said if line.startswith("error: ")), None)
    if mistake is not None:
        raise UserError(mistake.removeprefix("error: "))
    raise EngineError(
        FailureReason.CRASHED,
        f"the ranks ended with status {ended.exit_status}: {' '.join(said[-1:])}",
        fix=f"see {folder / _LOG_FILE}",
    )


def _world(ranks: int) -> Any:
    """Return the communicator of all ranks, None for one; refuse another number than was asked for."""
    comm = world_communicator()
    found = 1 if comm is None else comm.Get_size()
    if found != ranks:
        raise UserError(
            f"{ranks} ranks were asked for, and MPI sees {found}",
            field="execution.mpi_ranks",
            fix="let mpi_launcher be the mpiexec of mpi4py's MPI library with as many ranks, "
            "or srun --mpi=pmi2 (or pmix)",
        )
    return comm


def main(arguments: list[str]) -> int:
    """Be one of the ranks."""
    folder = Path(arguments[0])
    job = RanksJob.model_validate_json((folder / _JOB_FILE).read_text(encoding="utf-8"))
    try:
        comm = _world(job.ranks)
        screen_composition(job.composition, job.stage, folder, comm)
    except UserError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    except BaseException:
        import traceback

        traceback.print_exc()
        if world_communicator() is None:
            return 1
        # The other ranks would wait for this one for ever.
        world_communicator().Abort(1)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
