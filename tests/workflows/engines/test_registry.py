"""Presets and the registry."""

from pathlib import Path

import pytest
import yaml

from ewald.errors import CampaignError
from screening.campaign.execution import EngineChoice
from workflows.engines.registry import ENGINES, load_engine
from workflows.shipped import config_path

SHIPPED = sorted(path.stem for path in config_path("engines", "toy").parent.glob("*.yaml"))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_preset_loads(name: str):
    assert load_engine(EngineChoice(preset=name)).settings


def test_the_cost_of_a_preset_is_not_that_of_another_calculator():
    other = EngineChoice(preset="toy", settings={"calculator": "ase.calculators.lj.LennardJones"})
    assert load_engine(EngineChoice(preset="toy")).settings.cost_ms_per_ion is not None
    assert load_engine(other).settings.cost_ms_per_ion is None


def test_every_engine_has_a_preset():
    used = {yaml.safe_load(config_path("engines", name).read_text())["engine"] for name in SHIPPED}
    assert used == set(ENGINES)


def test_every_engine_folder_has_the_same_files():
    for package, _, _ in ENGINES.values():
        folder = Path(__file__).parents[3] / package.replace(".", "/")
        assert {"__init__.py", "settings.py", "inputs.py", "run.py", "outputs.py"} <= {f.name for f in folder.iterdir()}


@pytest.mark.parametrize(
    ("preset", "settings", "message"),
    [
        ("sevenet", {}, "no such preset .*toy"),
        ("toy", {"calculater": "x"}, "calculater.*did you mean calculator"),
        ("toy", {"threads": "many"}, "threads"),
        ("missing.yaml", {}, "no such preset file"),
    ],
)
def test_mistakes_name_the_field(preset: str, settings: dict, message: str):
    with pytest.raises(CampaignError, match=message):
        load_engine(EngineChoice(preset=preset, settings=settings))


def test_a_users_preset_file_and_its_mistakes(tmp_path: Path):
    file = tmp_path / "mine.yaml"
    file.write_text(config_path("engines", "toy").read_text())
    assert load_engine(EngineChoice(preset=str(file))).provenance.engine == "ase"
    for content, message in (("engine: nope", "no such engine"), ("- 1", "mapping"), ("{a", "not valid YAML")):
        file.write_text(content)
        with pytest.raises(CampaignError, match=message):
            load_engine(EngineChoice(preset=str(file)))
