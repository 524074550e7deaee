import pytest
import yaml

from ewald.errors import CampaignError
from screening.campaign.campaign import Campaign, load_campaign

LEAST = {
    "name": "c",
    "mothers": [{"structure": "Na3SbS4_tet_derived", "mobile": "Na"}],
    "doping": [{"site": "Sb", "dopants": ["W6+"]}],
    "engine": {"preset": "toy"},
}


def load(tmp_path, **changes):
    path = tmp_path / "campaign.yaml"
    path.write_text(yaml.safe_dump(LEAST | changes), encoding="utf-8")
    return load_campaign(path)


@pytest.mark.parametrize("name", ["", ".c", "..", "a/b", "a b", "-c", "a" * 65, "c\n", "é"])
def test_a_name_that_is_no_folder_is_refused(tmp_path, name):
    with pytest.raises(CampaignError, match=r"campaign\.yaml: name"):
        load(tmp_path, name=name)


def test_the_longest_name_is_taken(tmp_path):
    assert load(tmp_path, name="a" * 64).name == "a" * 64


def test_two_mothers_of_one_name_are_refused_also_when_files_name_them(tmp_path):
    mothers = [{"structure": f"{folder}/x.cif", "mobile": "Na"} for folder in "ab"]
    with pytest.raises(CampaignError, match="two mothers are called x"):
        load(tmp_path, mothers=mothers)
    assert load(tmp_path, mothers=[mothers[0], mothers[1] | {"name": "y"}])


def test_doping_of_a_mother_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CampaignError, match="doping names the mother Na3PS4"):
        load(tmp_path, doping=[{"site": "P", "mothers": ["Na3PS4"], "dopants": ["W6+"]}])


@pytest.mark.parametrize("changes", [{"mothers": []}, {"doping": [], "include_undoped": False}])
def test_nothing_to_screen_is_refused(tmp_path, changes):
    with pytest.raises(CampaignError, match=next(iter(changes))):
        load(tmp_path, **changes)


def test_mothers_may_be_screened_as_they_are(tmp_path):
    assert load(tmp_path, doping=[]).doping == ()


def test_only_what_can_change_a_result_makes_a_revision():
    revision = Campaign.model_validate(LEAST).revision()
    same = {"work_dir": "elsewhere", "description": "words", "execution": {"workers": 7}}
    assert Campaign.model_validate(LEAST | same).revision() == revision
    for change in ({"seed": 2}, {"ewald": {"keep": 4}}, {"include_undoped": False}, {"audit": {"fraction": 0.1}}):
        assert Campaign.model_validate(LEAST | change).revision() != revision


def test_where_and_how_fast_an_engine_runs_is_no_revision():
    def revision(**settings):
        return Campaign.model_validate(LEAST | {"engine": {"preset": "vasp", "settings": settings}}).revision()

    assert revision() == revision(cores=32, command=["/usr/bin/mpirun", "-n", "32", "/opt/vasp_std"])
    assert revision() == revision(launcher=["/usr/bin/srun"], threads=8)
    assert revision(arguments={"device": "cuda"}) == revision(arguments={"device": "cpu"})
    assert revision(md_encut_eV=300) != revision(md_encut_eV=400)


def test_a_default_that_is_written_out_is_no_new_revision():
    written = {
        "seed": 1,
        "ewald": {"keep": 5},
        "doping": [{"site": "Sb", "dopants": ["W6+"], "levels": [0.125, 0.25, "3/8", "2/4"]}],
    }
    assert Campaign.model_validate(LEAST | written).revision() == Campaign.model_validate(LEAST).revision()
