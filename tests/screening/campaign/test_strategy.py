from pathlib import Path

import pytest
from pydantic import ValidationError

from screening.campaign.campaign import load_campaign
from screening.campaign.strategy import Strategy

QUICKSTART = Path(__file__).parents[3] / "configs" / "quickstart.yaml"


def test_everything_is_computed_unless_asked_otherwise():
    assert not Strategy().chooses
    assert Strategy(method="ptr").chooses
    assert not Strategy(method="ptr").waits


def test_a_campaign_that_is_asked_by_nimo_chooses_nothing_itself():
    assert Strategy(method="nimo").chooses
    assert Strategy(method="nimo").waits


def test_the_order_of_work_is_no_new_revision():
    campaign = load_campaign(QUICKSTART)
    changed = campaign.model_copy(update={"strategy": Strategy(method="thompson", budget_core_hours=3)})
    assert changed.revision() == campaign.revision()


@pytest.mark.parametrize("given", [{"method": "command"}, {"command": ("/bin/true",)}])
def test_a_program_and_its_method_come_together(given):
    with pytest.raises(ValidationError, match="both or none"):
        Strategy(**given)


def test_a_program_is_named_by_its_absolute_path():
    with pytest.raises(ValidationError, match="absolute path"):
        Strategy(method="command", command=("propose",))
