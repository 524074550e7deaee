"""Whether this process is one of several MPI ranks."""

import os
import sys
from typing import Any

# Set by the launchers of MPICH and its kin, Open MPI, and SLURM's srun.
LAUNCHER_VARIABLES = ("PMI_SIZE", "PMI_RANK", "PMIX_RANK", "OMPI_COMM_WORLD_SIZE", "MPI_LOCALNRANKS")


def world() -> Any:
    """Return MPI's world communicator when started by an MPI launcher with several ranks, else None.

    mpi4py is not imported, and MPI not initialised, in a process that no launcher started.

    Raises
    ------
    DependencyError
        If a launcher started several ranks but mpi4py is missing or sees only one of them: each would do all the
        work and write the same files.
    """
    launched = _launched_ranks()
    if launched == 0 and "mpi4py" not in sys.modules:
        return None
    from ewald.errors import DependencyError

    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        if launched <= 1:
            return None
        raise DependencyError(
            f"{launched} ranks were started, but mpi4py cannot be used ({error})",
            mend="pip install 'ionsieve[mpi]', or start without mpiexec",
        ) from error
    size = MPI.COMM_WORLD.Get_size()
    if size < launched:
        raise DependencyError(
            f"{launched} ranks were started, but MPI sees {size}: launcher and library do not fit together",
            mend="use the mpiexec that belongs to mpi4py's MPI, or srun --mpi=pmi2 / --mpi=pmix",
        )
    return MPI.COMM_WORLD if size > 1 else None


def _launched_ranks() -> int:
    """Ranks according to the launcher; 0 without one, 1 where only the fact of a launcher is known."""
    for name in ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE"):
        if os.environ.get(name, "").isdigit():
            return int(os.environ[name])
    if os.environ.get("SLURM_STEP_NUM_TASKS", "").isdigit() and "SLURM_STEP_ID" in os.environ:
        return int(os.environ["SLURM_STEP_NUM_TASKS"])
    return int(any(name in os.environ for name in LAUNCHER_VARIABLES))
