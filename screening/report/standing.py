"""The places of candidates in tables: the campaign's ranking, then those that nothing is decided about yet."""

from screening.decision import Decision, Stage
from screening.dossier import Dossier
from screening.ranking import rank
from screening.record import CampaignRecord


def standings(record: CampaignRecord) -> dict[str, int]:
    """Return the place of every candidate, 1 for the best; undecided ones follow the ranked in the record's order."""
    names = [line.candidate_id for line in rank(record)] + [candidate.id for candidate in record.candidates]
    return {name: place for place, name in enumerate(dict.fromkeys(names), start=1)}


def judged_decision(dossier: Dossier) -> Decision | None:
    """Return the last decision about a conductivity, at the temperature that the campaign judges at."""
    for stage in (Stage.LONG_MD, Stage.SHORT_MD):
        for decision in dossier.decided(stage):
            if decision.value is not None and decision.unit == "mS/cm":
                return decision
    return None
