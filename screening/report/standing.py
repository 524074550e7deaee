"""The places of candidates in tables: the campaign's ranking, then those that nothing is decided about yet."""

from screening.ranking import rank
from screening.record import CampaignRecord


def standings(record: CampaignRecord) -> dict[str, int]:
    """Return the place of every candidate, 1 for the best; undecided ones follow the ranked in the record's order."""
    names = [line.candidate_id for line in rank(record)] + [candidate.id for candidate in record.candidates]
    return {name: place for place, name in enumerate(dict.fromkeys(names), start=1)}
