"""The content of an engine's files is sealed with the campaign."""

from pathlib import Path

import pytest

from ewald.errors import CampaignError
from screening.campaign.execution import EngineChoice
from workflows.campaign.campaign_file import open_campaign
from workflows.engines.cache import engine_of, resolved
from workflows.engines.engine_files import check_seal, checksum, sealed

PRESET = "{engine: ase, calculator: 'mine:soft', mp2020_corrections: false, threads: 2, files: {weights: w.dat}}"


@pytest.fixture
def choice(tmp_path: Path) -> EngineChoice:
    (tmp_path / "mine.yaml").write_text(PRESET)
    (tmp_path / "mine.py").write_text("def soft(weights): ...")
    (tmp_path / "w.dat").write_text("1")
    return resolved(EngineChoice(preset="mine.yaml"), tmp_path)


def test_every_file_is_sealed_and_no_other_content_is_worked_with(choice: EngineChoice, tmp_path: Path):
    found = sealed(choice)
    assert set(found.seal) == {"preset", "calculator", "files.weights"}
    check_seal(found)
    for name in ("mine.yaml", "mine.py", "w.dat"):
        former = (tmp_path / name).read_text()
        (tmp_path / name).write_text(former.replace("1", "2").replace("...", "pass").replace("false", "true"))
        with pytest.raises(CampaignError, match="was changed since the campaign was submitted"):
            engine_of(found, tmp_path)
        (tmp_path / name).write_text(former)
        check_seal(found)


def test_another_number_of_cores_breaks_no_seal(choice: EngineChoice, tmp_path: Path):
    found = sealed(choice)
    (tmp_path / "mine.yaml").write_text(PRESET.replace("threads: 2", "threads: 8"))
    check_seal(found)


def test_a_checksum_that_is_given_is_compared(choice: EngineChoice, tmp_path: Path):
    given = choice.model_copy(update={"seal": {"files.weights": checksum(tmp_path / "w.dat")}})
    assert sealed(given).seal == sealed(choice).seal
    (tmp_path / "w.dat").write_text("2")
    with pytest.raises(CampaignError, match=r"engine\.seal\.files\.weights.*does not match the given checksum"):
        sealed(given)


def test_a_file_that_is_missing_or_not_named_is_said(choice: EngineChoice, tmp_path: Path):
    (tmp_path / "w.dat").unlink()
    with pytest.raises(CampaignError, match=r"w\.dat: cannot be read: No such file"):
        sealed(choice)
    with pytest.raises(CampaignError, match=r"files\.model_file: the engine needs a file"):
        sealed(EngineChoice(preset="nep"))


def test_the_revision_follows_the_content(campaign, tmp_path: Path):
    (tmp_path / "mine.py").write_text("def soft(): ...")
    path = campaign(engine={"preset": "toy", "settings": {"calculator": "mine:soft"}})
    first = open_campaign(str(path))
    assert open_campaign(str(path)).campaign.revision() == first.campaign.revision()
    (tmp_path / "mine.py").write_text("def soft(): pass")
    second = open_campaign(str(path))
    assert second.campaign.revision() != first.campaign.revision()
    (tmp_path / "mine.py").unlink()
    (tmp_path / "mine.yaml").write_text(PRESET)
    with pytest.raises(CampaignError, match="No such file"):
        open_campaign(str(campaign(engine={"preset": "mine.yaml"})))
