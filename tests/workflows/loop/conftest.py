import pytest

from workflows.campaign.campaign_file import open_campaign
from workflows.operations.submit import submit

THREE = {
    "include_undoped": True,
    "doping": [{"site": "Sb", "dopants": ["W6+", "Mo6+"], "levels": ["1/2"], "compensation": ["vacancy"]}],
}


@pytest.fixture
def choosing(launchpad, campaign):
    """Submit the toy campaign of three compositions with a strategy; returns its results."""

    def make(**strategy):
        chosen = {"method": "ptr", "batch": 1, "prior": False} | strategy
        return submit(open_campaign(str(campaign(strategy=chosen, **THREE))), launchpad).results

    return make
