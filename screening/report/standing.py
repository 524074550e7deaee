"""The order of candidates in tables: the furthest stage first, then the conductivity."""

from screening.decision import Stage, Verdict
from screening.dossier import Dossier, dossiers
from screening.ledger import STAGE_ORDER
from screening.record import CampaignRecord

Standing = tuple[int, int, float, float, str]
"""Sorts candidates, best first."""

_WORTH = {Verdict.PASS: 0, Verdict.UNDECIDED: 1, None: 2, Verdict.FAIL: 3}


def standings(record: CampaignRecord) -> dict[str, Standing]:
    """Return the sort key of every candidate: last verdict, stage reached, conductivity judged, hull energy, id."""
    return {dossier.id: _standing(dossier) for dossier in dossiers(record).values()}


def judged_sigma_mS_cm(dossier: Dossier) -> float | None:
    """Return the conductivity that the last MD stage decided about, or the measured one when nothing is decided yet."""
    for stage in (Stage.LONG_MD, Stage.SHORT_MD):
        for decision in dossier.decided(stage):
            if decision.value is not None and decision.unit == "mS/cm":
                return decision.value
    best = dossier.best_transport()
    return best.sigma_mS_cm.mean if best is not None else None


def _standing(dossier: Dossier) -> Standing:
    reached = dossier.reached()
    failed = dossier.failed_at()
    verdict = Verdict.FAIL if failed is not None else dossier.verdict(reached)
    sigma = judged_sigma_mS_cm(dossier)
    hull = dossier.hull.hull_energy_meV_per_atom if dossier.hull is not None else float("inf")
    return (
        0 if verdict is not Verdict.FAIL else 1,
        -STAGE_ORDER[reached] * 10 + _WORTH[verdict],
        -sigma if sigma is not None else 0.0,
        hull,
        dossier.id,
    )
