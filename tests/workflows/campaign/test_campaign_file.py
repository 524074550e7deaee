import pytest

from ewald.errors import CampaignError, UserError
from workflows.campaign.campaign_file import open_campaign, plan_of
from workflows.shipped import config_names

SHIPPED = config_names("campaigns")[0]


def test_a_file_of_the_users_own_comes_before_a_shipped_one_of_its_name(campaign, tmp_path, monkeypatch):
    campaign(name=SHIPPED)
    assert open_campaign(SHIPPED).campaign.name != "toy"
    monkeypatch.chdir(tmp_path)
    assert open_campaign(SHIPPED).campaign.name == "toy"


def test_a_path_never_stands_for_a_shipped_name(tmp_path):
    with pytest.raises(CampaignError, match="nowhere"):
        open_campaign(str(tmp_path / "nowhere" / SHIPPED))


def test_folders_do_not_move_with_the_shell(campaign, tmp_path, monkeypatch):
    campaign(work_dir="work")
    monkeypatch.chdir(tmp_path)
    file = open_campaign("campaign.yaml")
    folder = file.folder
    assert (file.base_dir, folder) == (tmp_path, tmp_path / "work" / "toy")


def test_what_cannot_be_planned_names_the_campaign_file(campaign):
    path = campaign(mothers=[{"structure": "none.cif", "mobile": "Na"}], doping=[{"site": "Sb", "dopants": ["W6+"]}])
    with pytest.raises(UserError, match=r"campaign\.yaml: mothers\.0\.structure = 'none\.cif': no such file"):
        plan_of(open_campaign(str(path)))
