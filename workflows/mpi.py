"""MPI, where this process was started by it: the communicator of all ranks, or none."""

import os
from typing import Any

from ewald.errors import DependencyError

_LAUNCHED = ("PMI_SIZE", "PMIX_RANK", "OMPI_COMM_WORLD_SIZE", "MPI_LOCALNRANKS", "SLURM_STEP_NUM_TASKS")


def world() -> Any:
    """Return MPI's communicator of all ranks when there are several, else None.

    mpi4py is imported only in a process that an MPI launcher started, for it takes time and a library.

    Raises
    ------
    DependencyError
        When a launcher started several processes that do not form one MPI job: they would all do the same work.
    """
    if not any(name in os.environ for name in _LAUNCHED):
        return None
    expected = max(int(os.environ.get(name, "1")) for name in ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", *_LAUNCHED[4:]))
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        if expected == 1:
            return None
        raise DependencyError(
            f"mpi4py cannot be used under this launcher: {error}",
            field="MPI",
            mend="pip install 'ionsieve[mpi]', or point MPI4PY_LIBMPI at the launcher's own library",
        ) from None
    size = MPI.COMM_WORLD.Get_size()
    if size != expected and expected > 1:
        raise DependencyError(
            f"the launcher started {expected} processes, but each sees {size} ranks",
            field="MPI",
            mend="use the mpiexec of the same MPI as mpi4py, or srun with its --mpi option",
        )
    return MPI.COMM_WORLD if size > 1 else None
