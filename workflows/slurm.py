"""Asking SLURM whether a job still lives."""

import shutil
import subprocess

ALIVE = frozenset({"RUNNING", "PENDING", "CONFIGURING", "COMPLETING", "SUSPENDED", "STOPPED", "REQUEUED", "RESIZING"})
TIMEOUT_S = 30.0


def job_is_gone(job: int) -> bool | None:
    """Whether a job has ended; None when SLURM cannot be asked from here."""
    squeue = shutil.which("squeue")
    if squeue is None:
        return None
    command = [squeue, "--noheader", "--jobs", str(job), "--states", "all", "--format", "%T"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if answer.returncode != 0:
        # SLURM forgets ended jobs after some minutes and then calls their number invalid.
        return True if "Invalid job id" in answer.stderr else None
    return answer.stdout.split()[0] not in ALIVE if answer.stdout.split() else True
