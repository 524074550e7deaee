"""The order of candidates in tables: the furthest stage first, then the conductivity."""

from screening.decision import Decision, Stage, Verdict
from screening.dossier import Dossier, dossiers
from screening.ledger import STAGE_ORDER
from screening.record import CampaignRecord

Standing = tuple[int, int, float, float, str]
"""Sorts candidates, best first."""

_WORTH = {Verdict.PASS: 0, Verdict.UNDECIDED: 1, None: 2, Verdict.FAIL: 3}


def standings(record: CampaignRecord) -> dict[str, Standing]:
    """Return the sort key of every candidate: last verdict, stage reached, conductivity judged, hull energy, id."""
    return {dossier.id: _standing(dossier) for dossier in dossiers(record).values()}


def judged_decision(dossier: Dossier) -> Decision | None:
    """Return the last decision about a conductivity, at the temperature that the campaign judges at."""
    for stage in (Stage.LONG_MD, Stage.SHORT_MD):
        for decision in dossier.decided(stage):
            if decision.value is not None and decision.unit == "mS/cm":
                return decision
    return None


def judged_sigma_mS_cm(dossier: Dossier) -> float | None:
    """Return the conductivity judged, or the measured one when nothing is decided yet."""
    decision = judged_decision(dossier)
    if decision is not None:
        return decision.value
    best = dossier.best_transport()
    return best.sigma_mS_cm.mean if best is not None else None


def _standing(dossier: Dossier) -> Standing:
    reached = dossier.reached()
    verdict = dossier.verdict(reached)
    sigma = judged_sigma_mS_cm(dossier)
    hull = dossier.hull.hull_energy_meV_per_atom if dossier.hull is not None else float("inf")
    return (
        -STAGE_ORDER[reached],
        _WORTH[verdict],
        -sigma if sigma is not None else 0.0,
        hull,
        dossier.id,
    )
