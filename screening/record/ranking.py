"""The ranking of a campaign: what is left at the end, best first, with the numbers that put it there."""

from screening.decision import Decision, Stage, Verdict
from screening.estimated import Estimate
from screening.hull.result import HullRecord
from screening.record.ledger import latest_decisions
from screening.record.record import CampaignRecord
from screening.value import Value

_ORDER = {Verdict.PASS: 0, Verdict.UNDECIDED: 1, Verdict.FAIL: 2}
_STAGES = tuple(Stage)


class RankedCandidate(Value):
    """One line of the final table.

    Attributes
    ----------
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
    hull_energy_meV_per_atom: float | None
    window_low_V: float | None
    window_high_V: float | None
    audited: bool
    warnings: tuple[str, ...]


def rank(record: CampaignRecord) -> tuple[RankedCandidate, ...]:
    """Rank the candidates that were decided about after the Ewald screen.

    The order is: stage reached, verdict there (pass, undecided, fail), conductivity (highest first), energy above the
    hull, id. Candidates kept only by the audit come last.
    """
    decided = latest_decisions(record.decisions)
    hulls = {hull.candidate_id: hull for hull in record.hulls}
    lines = []
    for candidate in record.candidates:
        stages = decided.get(candidate.id, {})
        if not stages:
            continue
        last = stages[max(stages, key=_STAGES.index)]
        hull = hulls.get(candidate.id)
        lines.append(
            RankedCandidate(
                rank=0,
                candidate_id=candidate.id,
                composition_id=candidate.composition_id,
                mother=candidate.mother,
                formula=candidate.formula,
                stage=last.stage,
                verdict=last.verdict,
                sigma_mS_cm=_sigma(stages),
                hull_energy_meV_per_atom=hull.hull_energy_meV_per_atom if hull else None,
                window_low_V=hull.window_low_V if hull else None,
                window_high_V=hull.window_high_V if hull else None,
                audited=any(decision.audited for decision in stages.values()),
                warnings=_warnings(stages, hull),
            )
        )
    lines.sort(key=_key)
    return tuple(line.model_copy(update={"rank": number}) for number, line in enumerate(lines, start=1))


def standings(record: CampaignRecord) -> dict[str, int]:
    """Return the place of every candidate in tables, 1 for the best.

    Those that nothing is decided about yet follow the ranked ones, in the record's order.
    """
    names = [line.candidate_id for line in rank(record)] + [candidate.id for candidate in record.candidates]
    return {name: place for place, name in enumerate(dict.fromkeys(names), start=1)}


def survivors(record: CampaignRecord) -> tuple[RankedCandidate, ...]:
    """Return the ranked candidates that passed the long MD, without those sent on by the audit."""
    return tuple(
        line
        for line in rank(record)
        if line.stage is Stage.LONG_MD and line.verdict is Verdict.PASS and not line.audited
    )


def _sigma(stages: dict[Stage, Decision]) -> Estimate | None:
    for stage in (Stage.LONG_MD, Stage.SHORT_MD):
        decision = stages.get(stage)
        if decision is not None and decision.value is not None:
            low = decision.value if decision.low95 is None else decision.low95
            high = decision.value if decision.high95 is None else decision.high95
            return Estimate(mean=decision.value, low95=low, high95=high)
    return None


def _warnings(stages: dict[Stage, Decision], hull: HullRecord | None) -> tuple[str, ...]:
    notes = [warning for stage in _STAGES if stage in stages for warning in stages[stage].warnings]
    if hull is not None and hull.missing_systems and Stage.HULL not in stages:
        notes.append(f"no reference phase of {', '.join(hull.missing_systems)}")
    return tuple(dict.fromkeys(notes))


def _key(line: RankedCandidate) -> tuple[bool, int, int, float, float, str]:
    sigma = line.sigma_mS_cm.mean if line.sigma_mS_cm else -1.0
    hull = line.hull_energy_meV_per_atom if line.hull_energy_meV_per_atom is not None else 1e9
    return line.audited, -_STAGES.index(line.stage), _ORDER[line.verdict], -sigma, hull, line.candidate_id
