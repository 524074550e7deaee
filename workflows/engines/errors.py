"""How a run of a code can fail, as reasons that the ledger can group by."""

from enum import StrEnum

from ewald.errors import IonSieveError


class FailureReason(StrEnum):
    """Why a run failed, in one word that `ionsieve status` groups by."""

    SCF = "scf-not-converged"
    TRUNCATED = "truncated-output"
    NOT_A_NUMBER = "not-a-number"
    EXPLODED = "exploded"
    WALLTIME = "walltime"
    CRASHED = "crashed"
    STOPPED = "stopped"
    DISK_FULL = "disk-full"


class EngineError(IonSieveError):
    """A run of a code failed: the reason, the files to look at, and a possible remedy.

    Parameters
    ----------
    reason
        The group it belongs to.
    detail
        What was seen, as a sentence.
    fix
        What may help.
    """

    def __init__(self, reason: FailureReason, detail: str, *, fix: str | None = None) -> None:
        self.reason: FailureReason = reason
        self.detail = detail
        self.fix = fix
        super().__init__(f"{reason.value}: {detail}" + (f" (fix: {fix})" if fix else ""))
