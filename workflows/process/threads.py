"""How many threads a process may use: its share of the cores it was given, one unless somebody says more."""

import os
from collections.abc import Mapping

#: What numerical libraries read when they are loaded; set before the first of them is imported.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def thread_environment(threads: int) -> dict[str, str]:
    """Return the environment of a process that may use so many threads."""
    return dict.fromkeys(THREAD_VARIABLES, str(threads))


def hold_threads(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what a process that a queue started still lacks: left alone, libraries take all cores of the node.

    What is set stays; else the cores that SLURM gave to each task count, and one where nothing is said.

    Examples
    --------
    >>> hold_threads({"SLURM_CPUS_PER_TASK": "4", "MKL_NUM_THREADS": "2"})["OMP_NUM_THREADS"]
    '4'
    """
    given = environment.get("SLURM_CPUS_PER_TASK", "")
    wanted = thread_environment(int(given) if given.isdecimal() else 1)
    return {name: value for name, value in wanted.items() if name not in environment}


def granted_cores(environment: Mapping[str, str] = os.environ) -> int:
    """Return the number of cores that this process may run on: its affinity, or fewer when SLURM gave fewer."""
    cores = len(os.sched_getaffinity(0))
    given = environment.get("SLURM_CPUS_ON_NODE", "")
    return min(cores, int(given)) if given.isdecimal() else cores
