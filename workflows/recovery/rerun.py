"""Repeating failed work at a person's request."""

from typing import TYPE_CHECKING

from ewald.errors import UserError
from screening.decision import Verdict
from workflows.campaign.folders import safe_name
from workflows.launchpad.queries import fireworks_of
from workflows.spec import STAGES, StageSpec
from workflows.store.results import CampaignResults

if TYPE_CHECKING:
    from fireworks import LaunchPad


#: Words that people use for kinds of failures.
_SYNONYMS = {"timeout": "walltime", "oom": "out-of-memory", "memory": "out-of-memory", "nan": "not-a-number"}


def rerun_failed(launchpad: "LaunchPad", results: CampaignResults, stage: str, reason: str | None) -> list[str]:
    """Repeat what failed at a stage, and everything that follows from it; returns the keys of the repeated work.

    Failed is a Firework that was given up, and a subject whose verdict at this stage is `fail`.

    Parameters
    ----------
    stage
        Stage of the Fireworks (`relax`).
    reason
        Only those whose kind or reason contains this text, whatever its case; `timeout` finds `walltime` as well.

    Raises
    ------
    UserError
        When there is no such stage.
    """
    if stage not in STAGES:
        raise UserError("no such stage", field="--stage", value=stage, fix=f"one of {', '.join(STAGES)}")
    wanted = (reason or "").lower()
    words = (wanted, _SYNONYMS.get(wanted, wanted))
    failures = {f.key: f for f in results.failures(stage=stage)}
    verdicts = {d.subject: d.reason for d in results.decisions() if str(d.stage) == stage and d.verdict is Verdict.FAIL}
    query = fireworks_of(results.entry, "FIZZLED", "COMPLETED", stage=stage)
    repeated = []
    for row in launchpad.fireworks.find(query, {"fw_id": 1, "spec": 1, "state": 1}):
        spec = StageSpec.from_fw_spec(row["spec"])
        failure = failures.get(spec.key)
        said = [verdicts.get(spec.subject), f"{failure.kind} {failure.reason}" if failure else None]
        if row["state"] == "FIZZLED" and failure is None:
            said.append("lost")
        if not any(word in text.lower() for text in said if text is not None for word in words):
            continue
        results.forget(spec.stage, [spec.subject])
        _set_aside(results, spec)
        results.clear_failure(spec.key)
        results.forget_losses([spec.key])
        launchpad.rerun_fw(row["fw_id"])
        repeated.append(spec.key)
    return repeated


def _set_aside(results: CampaignResults, spec: StageSpec) -> None:
    """Move the files of a finished but failed run away, for the engine would return its outcome again."""
    if not STAGES[spec.stage].folder:
        return
    parent = results.entry.folder / STAGES[spec.stage].folder
    name = safe_name(spec.subject)
    for folder in [parent / name, *parent.glob(f"{name}@*")]:
        if folder.is_dir() and ".before-" not in folder.name:
            number = 1 + sum(1 for _ in parent.glob(f"{folder.name}.before-*"))
            folder.rename(parent / f"{folder.name}.before-{number}")
