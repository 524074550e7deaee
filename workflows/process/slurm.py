"""Asking SLURM which jobs live.

A short answer proves nothing: `PrivateData=jobs` hides the jobs of other users, another cluster knows none of them, and
an answer may be cut off. So a job counts as ended only when SLURM is asked for it by its number as well, by the user
and on the cluster that submitted it.
"""

import getpass
import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import Any

TIMEOUT_S = 30.0
_ENDED = frozenset({
    "BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "REVOKED",
    "TIMEOUT",
})  # fmt: skip


@dataclass(frozen=True)
class Submitter:
    """Who submitted a job, and where.

    Attributes
    ----------
    user
        Name of the user; None when nobody noted it.
    cluster
        Name of the SLURM cluster; None when nobody noted it, or there is none.
    """

    user: str | None = None
    cluster: str | None = None

    def to_document(self) -> dict[str, Any]:
        """Return what is stored of it."""
        return {"user": self.user, "cluster": self.cluster}


@dataclass(frozen=True)
class Queue:
    """What SLURM says about jobs, asked once for all.

    Attributes
    ----------
    jobs
        Numbers of all jobs that wait, run or are about to end.
    asker
        Who asked, and which cluster answered.
    """

    jobs: frozenset[int]
    asker: Submitter

    def ended(self, job: int, submitter: Submitter) -> bool | None:
        """Return whether a job has ended; None when this answer cannot tell.

        Parameters
        ----------
        job
            Its number.
        submitter
            Who submitted it, as far as that was noted.
        """
        if submitter.cluster is not None and submitter.cluster != self.asker.cluster:
            return None
        if job in self.jobs:
            return False
        if self.asker.user != "root" and submitter.user not in {None, self.asker.user}:
            return None
        return _job_ended(job, sure=bool(self.jobs) or submitter.user is not None)


@dataclass(frozen=True)
class QueuedJob:
    """A job as SLURM lists it.

    Attributes
    ----------
    state
        PENDING, RUNNING and the like.
    reason
        Why it waits, in SLURM's word (Priority, Resources, QOSMaxJobsPerUserLimit); empty for one that does not.
    nodes
        Where it runs; empty while it waits.
    """

    state: str
    reason: str
    nodes: str


def listed_jobs() -> dict[int, QueuedJob] | None:
    """Return the jobs that SLURM lists, of all users that it shows; None when it cannot be asked from here."""
    answer = _ask("squeue", "--all", "--noheader", "--format", "%A|%T|%r|%N")
    if answer is None or answer.returncode != 0:
        return None
    rows = (line.strip().split("|") for line in answer.stdout.splitlines())
    return {
        int(job): QueuedJob(state, "" if reason == "None" else reason, nodes)
        for job, state, reason, nodes in (row for row in rows if len(row) == 4 and row[0].isdigit())
    }


def ask_queue() -> Queue | None:
    """Return what SLURM says; None when it cannot be asked from here.

    One question for all jobs: a recovery in cron must not burden the queue's server with one for each.
    """
    answer = _ask("squeue", "--all", "--noheader", "--format", "%A")
    if answer is None or answer.returncode != 0:
        return None
    jobs = frozenset(int(word) for word in answer.stdout.split() if word.isdigit())
    return Queue(jobs, submitter_here())


def submitter_here() -> Submitter:
    """Return this user, on the cluster whose commands this machine has."""
    cluster = os.environ.get("SLURM_CLUSTER_NAME")
    if cluster is None:
        answer = _ask("scontrol", "show", "config")
        lines = answer.stdout.splitlines() if answer is not None and answer.returncode == 0 else []
        named = [line.partition("=")[2].strip() for line in lines if line.startswith("ClusterName")]
        cluster = named[0] if named else None
    return Submitter(_user(), cluster)


def _user() -> str | None:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return None


def _job_ended(job: int, *, sure: bool) -> bool | None:
    """Ask for one job that the list leaves out; one that SLURM has forgotten ended, if its list is to be trusted."""
    answer = _ask("scontrol", "--oneliner", "show", "job", str(job))
    if answer is None:
        return None
    if answer.returncode != 0:
        forgotten = "Invalid job id" in answer.stdout + answer.stderr
        return True if forgotten and sure else None
    states = {word.partition("=")[2] for word in answer.stdout.split() if word.startswith("JobState=")}
    return states <= _ENDED if states else None


def _ask(*command: str) -> subprocess.CompletedProcess[str] | None:
    """Run a command of SLURM; None when there is none, or it does not answer."""
    program = shutil.which(command[0])
    if program is None:
        return None
    try:
        return subprocess.run(
            [program, *command[1:]], capture_output=True, text=True, errors="replace", timeout=TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
