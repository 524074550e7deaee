"""The funnel: how many candidates and compositions entered each stage, and where the others went."""

from dataclasses import dataclass

from screening.decision import CANDIDATE_STAGES, Stage, Verdict
from screening.record.history import CandidateHistory, histories
from screening.record.record import CampaignRecord


@dataclass(frozen=True)
class FunnelStep:
    """One stage of the funnel.

    Attributes
    ----------
    stage
        The stage.
    entered, passed, failed, undecided
        Candidates that have a result or decision at this stage, and what it says about them.
    outranked
        Candidates that met the threshold, but are not the lowest of their composition; not among the failed.
    waiting
        Candidates sent here without a verdict yet.
    spared
        Candidates that passed the stage but were not sent on, because other arrangements represent their composition.
    compositions
        Compositions with a candidate that passed.
    audited
        Candidates that failed and are continued as audit samples.
    """

    stage: Stage
    entered: int
    passed: int
    failed: int
    outranked: int
    undecided: int
    waiting: int
    spared: int
    audited: int
    compositions: int


@dataclass(frozen=True)
class Funnel:
    """The counts of a whole campaign.

    Attributes
    ----------
    mothers, compositions, candidates
        Their numbers.
    configurations
        Exact number of arrangements of all compositions.
    steps
        The stages that decide about candidates, in order.
    """

    mothers: int
    compositions: int
    configurations: int
    candidates: int
    steps: tuple[FunnelStep, ...]

    @property
    def survivors(self) -> int:
        """Candidates that passed the last stage."""
        return self.steps[-1].passed


def count_funnel(record: CampaignRecord) -> Funnel:
    """Count a campaign's funnel from its record.

    Parameters
    ----------
    record
        Record of the campaign, see :func:`read_record`.
    """
    found = list(histories(record).values())
    return Funnel(
        mothers=len(record.mothers),
        compositions=len(record.compositions),
        configurations=sum(int(composition.configurations) for composition in record.compositions),
        candidates=len(found),
        steps=tuple(_step(found, stage) for stage in CANDIDATE_STAGES),
    )


def entered(history: CandidateHistory, stage: Stage) -> bool:
    """Return whether a candidate has reached a stage."""
    if history.verdict(stage) is not None or history.runs(stage):
        return True
    return (stage is Stage.RELAX and history.relaxed is not None) or (stage is Stage.HULL and history.hull is not None)


def is_outranked(history: CandidateHistory, stage: Stage) -> bool:
    """Return whether a candidate met a stage's threshold and stopped only in favour of a lower arrangement."""
    return any(decision.superseded_by is not None for decision in history.decided(stage))


def _step(found: list[CandidateHistory], stage: Stage) -> FunnelStep:
    here = [history for history in found if entered(history, stage)]
    by_verdict = {verdict: [d for d in here if d.verdict(stage) is verdict] for verdict in (*Verdict, None)}
    failed = by_verdict[Verdict.FAIL]
    outranked = [history for history in failed if is_outranked(history, stage)]
    position = CANDIDATE_STAGES.index(stage)
    spared = 0
    if position + 1 < len(CANDIDATE_STAGES):
        following = CANDIDATE_STAGES[position + 1]
        represented = {history.candidate.composition_id for history in found if entered(history, following)}
        spared = sum(
            history.candidate.composition_id in represented and not entered(history, following)
            for history in by_verdict[Verdict.PASS]
        )
    return FunnelStep(
        stage=stage,
        entered=len(here),
        passed=len(by_verdict[Verdict.PASS]),
        failed=len(failed) - len(outranked),
        outranked=len(outranked),
        undecided=len(by_verdict[Verdict.UNDECIDED]),
        waiting=len(by_verdict[None]),
        spared=spared,
        audited=sum(any(decision.audited for decision in d.decided(stage)) for d in failed),
        compositions=len({history.candidate.composition_id for history in by_verdict[Verdict.PASS]}),
    )
