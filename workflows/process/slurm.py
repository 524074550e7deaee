"""Asking SLURM which jobs live, and when this one ends."""

import shutil
import subprocess

TIMEOUT_S = 30.0


def living_jobs() -> frozenset[int] | None:
    """Return the numbers of all jobs that wait, run or are about to end; None when SLURM cannot be asked from here.

    One question for all jobs: a recovery in cron must not burden the queue's server with one for each.
    """
    squeue = shutil.which("squeue")
    if squeue is None:
        return None
    try:
        answer = subprocess.run(
            [squeue, "--all", "--noheader", "--format", "%A"],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if answer.returncode != 0:
        return None
    return frozenset(int(word) for word in answer.stdout.split() if word.isdigit())
