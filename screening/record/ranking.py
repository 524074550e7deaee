"""The ranking of a campaign: what is left at the end, best first, with the numbers that put it there."""

from collections.abc import Iterable, Sequence

from ewald.numbers import estimate, significant
from screening.decision import CHECKS, Decision, Stage, Verdict
from screening.estimated import Estimate
from screening.hull.wording import hull_place, missing_phrase
from screening.record.candidate_row import columns
from screening.record.history import CandidateHistory, histories
from screening.record.ledger import STAGE_ORDER
from screening.record.record import CampaignRecord
from screening.value import Value

_ORDER = {Verdict.PASS: 0, Verdict.UNDECIDED: 1, Verdict.FAIL: 2}


class RankedCandidate(Value):
    """One line of the final table.

    Attributes
    ----------
    candidate_id, composition_id, mother, formula
        What it is.
    hull_energy_meV_per_atom
        Above the hull; None before that stage.
    window_low_V, window_high_V
        Electrochemical window against the alkali metal; None where it is not given.
    warnings
        Of all its decisions.
    rank
        1 for the best.
    stage
        Last stage that decided about it.
    verdict
        Of that stage.
    sigma_mS_cm
        Conductivity of the last MD decision; None when there was no MD.
    audited
        It failed somewhere and went on only as an audit; such candidates rank behind the others.
    """

    rank: int
    candidate_id: str
    composition_id: str
    mother: str
    formula: str
    stage: Stage
    verdict: Verdict
    sigma_mS_cm: Estimate | None
    hull_energy_meV_per_atom: float | None = None
    window_low_V: float | None = None
    window_high_V: float | None = None
    audited: bool
    warnings: tuple[str, ...]


def rank(record: CampaignRecord) -> tuple[RankedCandidate, ...]:
    """Rank the candidates that were decided about after the Ewald screen.

    The order is: stage of the funnel, verdict there (pass, undecided, fail), verdicts of the checks with a better
    engine (MD, then forces), conductivity (highest first), energy above the hull, id. A conductivity that is only known
    to lie below something ranks behind every value; candidates kept only by the audit come last.

    Parameters
    ----------
    record
        Record of the campaign, see :func:`read_record`.
    """
    return _ranked(histories(record).values())


def best_first(record: CampaignRecord) -> list[CandidateHistory]:
    """Return all candidates in the order of the tables.

    Those that nothing is decided about yet follow the ranked ones, in the record's order.

    Parameters
    ----------
    record
        Record of the campaign, see :func:`read_record`.
    """
    found = histories(record)
    names = [line.candidate_id for line in _ranked(found.values())] + list(found)
    return [found[name] for name in dict.fromkeys(names)]


def survivors(record: CampaignRecord) -> tuple[RankedCandidate, ...]:
    """Return the ranked candidates that passed the long MD, without those sent on by the audit.

    Parameters
    ----------
    record
        Record of the campaign, see :func:`read_record`.
    """
    found = histories(record)
    return tuple(line for line in rank(record) if found[line.candidate_id].survived)


def _ranked(found: Iterable[CandidateHistory]) -> tuple[RankedCandidate, ...]:
    decided = sorted((history for history in found if history.decisions), key=_key)
    return tuple(_line(number, history) for number, history in enumerate(decided, start=1))


def _line(rank: int, history: CandidateHistory) -> RankedCandidate:
    last, judged = history.decisions[-1], history.judged()
    return RankedCandidate(
        rank=rank,
        **columns(history.candidate, "composition_id", "mother", "formula", candidate_id="id"),
        **columns(last, "stage", "verdict"),
        sigma_mS_cm=None if judged is None else judged_estimate(judged),
        **columns(history.hull, "hull_energy_meV_per_atom", "window_low_V", "window_high_V"),
        audited=history.audited,
        warnings=_warnings(history),
    )


def judged_estimate(judged: Decision) -> Estimate:
    """Return the conductivity that a decision rests on, in mS/cm."""
    if judged.bound is not None:
        return Estimate(mean=0.0, low95=0.0, high95=judged.high95 or 0.0, bound=judged.bound)
    mean = judged.value or 0.0
    low, high = (mean if end is None else end for end in (judged.low95, judged.high95))
    return Estimate(mean=mean, low95=low, high95=high)


def _warnings(history: CandidateHistory) -> tuple[str, ...]:
    notes = [*history.warnings()]
    if history.hull is not None and history.hull.missing_systems and history.verdict(Stage.HULL) is None:
        notes.append(missing_phrase(history.hull.missing_compounds, history.hull.missing_systems))
    return tuple(dict.fromkeys(notes))


def _key(history: CandidateHistory) -> tuple[bool, int, int, int, int, float, float, str]:
    last = next((one for one in reversed(history.decisions) if one.stage not in CHECKS), history.decisions[-1])
    forces, repeated = (_ORDER[history.verdict(stage) or Verdict.UNDECIDED] for stage in CHECKS)
    judged = history.judged()
    sigma = -1.0 if judged is None else 0.0 if judged.bound is not None else judged.value or 0.0
    hull = history.hull.hull_energy_meV_per_atom if history.hull is not None else None
    above_hull = 1e9 if hull is None else hull
    place = (history.audited, -STAGE_ORDER[last.stage], _ORDER[last.verdict])
    return (*place, repeated, forces, -sigma, above_hull, history.id)


def what_to_make(record: CampaignRecord, ranking: Sequence[CandidateHistory] | None = None) -> str:
    """Say in one sentence which compound of the campaign to make first, and why; or that none passed.

    It is the first of the ranking that passed the long MD, with its conductivity and its energy above the hull; a
    validation that doubts its MD is named.

    Parameters
    ----------
    record
        The campaign.
    ranking
        What :func:`best_first` returns, where it was called already.
    """
    ranking = best_first(record) if ranking is None else ranking
    best = next((history for history in ranking if history.survived), None)
    least = f"{record.campaign.verdict.threshold_mS_cm:g} mS/cm"
    judged = None if best is None else best.judged()
    if best is None or judged is None:
        short = sum(history.verdict(Stage.SHORT_MD) is Verdict.PASS and not history.audited for history in ranking)
        reached = f"{short} reached {least} in the short MD, none in the long one" if short else ""
        return f"No candidate to recommend yet: {reached or f'none was shown to reach {least}'}."
    formula = best.candidate.formula if best.composition is None else best.composition.formula
    doubtful = best.verdict(Stage.VALIDATION) is Verdict.UNDECIDED
    return (
        f"Make first: {formula}, {estimate(judged_estimate(judged))} mS/cm at {significant(judged.temperature_K)} K "
        f"(threshold {least}), {hull_place(best.hull)}"
        + ("; doubtful by the comparison with the better engine." if doubtful else ".")
    )
