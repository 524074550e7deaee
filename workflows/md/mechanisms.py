"""How the ions move in the MD of a campaign's candidates, from the trajectories in its folder."""

import contextlib
import json
from pathlib import Path

from ewald.errors import UserError
from ewald.files.atomic import write_atomic
from ewald.version import __version__
from screening.decision import Stage, Verdict
from screening.mechanism.analysis import find_mechanism, production
from screening.mechanism.result import Mechanism
from screening.record.explain import unknown_candidate
from screening.record.history import CandidateHistory, histories
from screening.record.ranking import best_first
from screening.record.record import CampaignRecord, MDRecord
from screening.trajectory.segments import read_segments
from screening.trajectory.trajectory import Trajectory
from screening.value import content_hash

MOST = 40
"""Survivors of which the report tells how the ions move, the best first."""

_FOLDER = "mechanism"


def campaign_mechanisms(record: CampaignRecord, folder: Path, out: Path) -> dict[str, Mechanism]:
    """Return how the ions move in the survivors of a campaign, by candidate.

    Each is written beside the report, and read from there as long as run and version are the same. Candidates whose
    trajectories are not there are left out, and those in whose runs no site can be told.

    Parameters
    ----------
    record
        The campaign.
    folder
        Its folder, in which the trajectories are.
    out
        That of the report.
    """
    found = {}
    for history in [one for one in best_first(record) if _not_lost(one)][:MOST]:
        try:
            found[history.id] = _kept(history, folder, out)
        except UserError:
            continue
    return found


def _not_lost(history: CandidateHistory) -> bool:
    decided = history.verdict(Stage.LONG_MD)
    return bool(history.runs(Stage.LONG_MD)) and decided is not Verdict.FAIL and not history.audited


def _kept(history: CandidateHistory, folder: Path, out: Path) -> Mechanism:
    run = run_of(history)
    key = content_hash(run, history.candidate.mobile_ion, __version__)
    file = out / _FOLDER / f"{history.id}.json"
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        if document["key"] == key:
            return Mechanism.from_document(document["mechanism"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    found = find_mechanism(
        trajectory_of_run(run, folder), species=history.candidate.mobile_ion, temperature_K=run.temperature_K
    )
    # A campaign that can only be read is read all the same.
    with contextlib.suppress(OSError):
        write_atomic(file, json.dumps({"key": key, "mechanism": found.to_document()}) + "\n")
    return found


def candidate_history(record: CampaignRecord, candidate: str) -> CandidateHistory:
    """Return the history of one candidate.

    Raises
    ------
    UserError
        When the campaign has none of this name.
    """
    found = histories(record)
    if candidate not in found:
        raise unknown_candidate(record, candidate)
    return found[candidate]


def run_of(history: CandidateHistory, temperature_K: float | None = None) -> MDRecord:
    """Return the run that shows best how the ions of a candidate move.

    Parameters
    ----------
    history
        Of the candidate.
    temperature_K
        Of the run; when left out, the coldest run whose diffusivity is a value, else the hottest. Long MD comes first.

    Raises
    ------
    UserError
        When it has no such run.
    """
    runs = [run for stage in (Stage.LONG_MD, Stage.SHORT_MD) for run in history.runs(stage)]
    if not runs:
        raise UserError("has no MD", field="CANDIDATE", value=history.id)
    if temperature_K is not None:
        at = [run for run in runs if abs(run.temperature_K - temperature_K) < 1]
        if not at:
            known = ", ".join(dict.fromkeys(f"{run.temperature_K:g}" for run in runs))
            raise UserError("has no run", field="temperature", value=temperature_K, fix=f"there are {known} K")
        return at[0]
    stage = [run for run in runs if run.stage is runs[0].stage]
    moving = [run for run in stage if run.transport is not None and run.transport.D_cm2_s.bound is None]
    return moving[0] if moving else stage[-1]


def trajectory_of_run(run: MDRecord, folder: Path) -> Trajectory:
    """Return the production part of a run, as its diffusivity was measured in it.

    Raises
    ------
    UserError
        When the campaign is kept without trajectories, or a file is damaged.
    """
    files = [folder / name for name in run.trajectory_files]
    missing = next((file for file in files if not file.exists()), None)
    if missing is not None:
        raise UserError(
            "this trajectory was not kept with the campaign's record",
            file=missing,
            fix="use the folder in which the campaign ran, or a candidate whose trajectory is there",
        )
    whole = read_segments(files)
    return production(whole, run.transport.equilibration_ps if run.transport is not None else 0.0)
