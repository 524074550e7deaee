"""The audit: a random share of what a filter rejects goes on, to measure what the filter loses."""

from screening.campaign import Campaign
from screening.decision import Decision, Verdict
from screening.value import content_hash


def audited(decision: Decision, campaign: Campaign) -> Decision:
    """Return the decision, marked when a rejected candidate is drawn to go on nevertheless.

    The draw depends on the campaign's seed, the stage and the candidate alone, so that it is the same again after a
    crash and on any number of workers.
    """
    if decision.verdict is not Verdict.FAIL or campaign.audit.fraction <= 0:
        return decision
    drawn = int(content_hash("audit", campaign.seed, str(decision.stage), decision.subject)[:13], 16) / 16**13
    if drawn >= campaign.audit.fraction:
        return decision
    return decision.model_copy(update={"audited": True})
