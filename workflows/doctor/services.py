"""MPI, database, queue and the machine itself."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from ewald.errors import UserError, install_extra
from workflows.database.binary import find_mongod
from workflows.doctor.finding import Finding, State
from workflows.process.slurm import ask_queue
from workflows.process.threads import granted_cores

_TIMEOUT_S = 60.0
# Only the first rank of a world prints, so that lines do not mix: one line where both ranks meet, else two.
_RANKS = """from mpi4py import MPI
world = MPI.COMM_WORLD
if world.Get_rank() == 0:
    library = " ".join(MPI.Get_library_version().splitlines()[0].split())[:60]
    print(world.Get_size(), library, flush=True)
"""


def services() -> Iterator[Finding]:
    """Yield what was found of MPI, the database, the queue and the machine."""
    yield mpi()
    yield private_database()
    yield from own_database()
    yield queue()
    yield machine()


def mpi() -> Finding:
    """Start two ranks: `mpiexec` and mpi4py must be of the same MPI, else each rank believes it is alone."""
    launcher = shutil.which("mpiexec")
    asked = _run([sys.executable, "-c", _RANKS])
    if asked is None or asked.returncode != 0:
        if find_spec("mpi4py") is None:
            return Finding(
                "MPI", "mpi4py", State.MISSING, "not installed; searches run on one node", install_extra("mpi")
            )
        return Finding(
            "MPI",
            "mpi4py",
            State.NOT_SET_UP,
            "installed, but it cannot load an MPI library; searches run on one node",
            "load the MPI module, or put the folder of libmpi.so into LD_LIBRARY_PATH",
        )
    library = asked.stdout.strip().partition(" ")[2]
    if launcher is None:
        return Finding(
            "MPI", "mpiexec", State.MISSING, f"not on the PATH; mpi4py uses {library}", "load the MPI module"
        )
    ranks = _run([launcher, "-n", "2", sys.executable, "-c", _RANKS])
    worlds = [] if ranks is None or ranks.returncode != 0 else ranks.stdout.splitlines()
    if [line.split()[0] for line in worlds] == ["2"]:
        return Finding("MPI", "mpiexec", State.OK, f"{launcher}, two ranks meet; {library}")
    why = (
        "does not start two ranks"
        if not worlds
        else "belongs to another MPI than mpi4py's: its ranks do not see each other"
    )
    return Finding(
        "MPI",
        "mpiexec",
        State.NOT_SET_UP,
        f"{launcher} {why} ({library})",
        "put the mpiexec of mpi4py's MPI first on PATH",
    )


def private_database() -> Finding:
    """Find the server program of private databases."""
    try:
        program = find_mongod()
    except UserError as error:
        return Finding("database", "mongod", State.MISSING, error.problem, error.fix or "")
    answer = _run([str(program), "--version"])
    if answer is None or answer.returncode != 0:
        return Finding("database", "mongod", State.NOT_SET_UP, f"{program} does not start", "see mongod --version")
    return Finding("database", "mongod", State.OK, f"{answer.stdout.splitlines()[0]} ({program})")


def own_database() -> Iterator[Finding]:
    """Try the server of FireWorks' own connection file, where there is one."""
    from fireworks.fw_config import LAUNCHPAD_LOC

    if LAUNCHPAD_LOC is None:
        return
    from workflows.database.launchpad_file import read_launchpad_file
    from workflows.launchpad.connection import connect

    try:
        connect(read_launchpad_file(Path(LAUNCHPAD_LOC)), timeout_s=5.0).connection.close()
    except UserError as error:
        yield Finding(
            "database", "my_launchpad.yaml", State.NOT_SET_UP, f"{LAUNCHPAD_LOC}: {error.problem}", error.fix or ""
        )
        return
    yield Finding("database", "my_launchpad.yaml", State.OK, f"{LAUNCHPAD_LOC}: the server answers")


def queue() -> Finding:
    """Say which queue jobs can be submitted to from here."""
    if shutil.which("sbatch"):
        asked = ask_queue()
        if asked is None:
            return Finding(
                "queue", "SLURM", State.NOT_SET_UP, "sbatch is here, but squeue gets no answer", "run squeue to see why"
            )
        return Finding("queue", "SLURM", State.OK, f"cluster {asked.asker.cluster or 'without a name'} answers")
    if program := shutil.which("qsub"):
        return Finding("queue", "PBS or SGE", State.OK, program)
    return Finding(
        "queue",
        "queue",
        State.MISSING,
        "neither sbatch nor qsub on the PATH; ionsieve run works without",
        "use a login node",
    )


def machine() -> Finding:
    """Count what this process may use."""
    memory_GiB = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    free_GB = shutil.disk_usage(Path.cwd()).free / 1e9
    gpu = "an NVIDIA GPU" if shutil.which("nvidia-smi") else "no NVIDIA GPU seen"
    detail = f"{granted_cores()} cores, {memory_GiB:.0f} GiB memory, {free_GB:.0f} GB free in this folder, {gpu}"
    return Finding("machine", "resources", State.OK, detail)


def _run(command: list[str]) -> subprocess.CompletedProcess[str] | None:
    """Run a program; None when it does not start, or does not end in time."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
