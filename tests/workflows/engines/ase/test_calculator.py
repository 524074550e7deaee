"""From an import path, or a file beside the campaign, to a calculator."""

import shutil
from pathlib import Path

import pytest

from ewald.errors import CampaignError, DependencyError
from screening.campaign.execution import EngineChoice
from workflows.engines.ase.calculator import build_calculator, check_allowed, module_file
from workflows.engines.cache import resolved
from workflows.engines.registry import check_supplied, load_engine, require_engine

MINE = """
from ase.calculators.lj import LennardJones

def soft(sigma=2.0, weights=None):
    if weights is not None:
        sigma = float(open(weights).read())
    return LennardJones(sigma=sigma, epsilon=0.01, rc=6.0)

def number():
    return 7
"""


def engine_of(folder: Path, calculator: str = "mine:soft", **settings):
    """Return the engine of a campaign in `folder`."""
    settings = {"calculator": calculator, "mp2020_corrections": False, **settings}
    return load_engine(resolved(EngineChoice(preset="toy", settings=settings), folder))


def load_checked(choice: EngineChoice) -> None:
    """Check and load the calculator, as `ionsieve run` does before anything starts."""
    require_engine(choice)
    check_supplied(choice, frozenset())


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(MINE)
    return tmp_path


@pytest.mark.parametrize("name", ["mine:soft", "mine.py:soft", "./mine.py:soft"])
def test_a_file_beside_the_campaign_gives_the_calculator(mine: Path, rocksalt, job, name: str):
    engine = engine_of(mine, name, arguments={"sigma": 2.2}, stability_steps=0)
    assert module_file(engine.settings.calculator).samefile(mine / "mine.py")
    assert build_calculator(engine.settings).parameters["sigma"] == 2.2
    assert engine.run_segment(rocksalt, job.model_copy(update={"steps": 4})).complete
    assert engine.provenance.code == "soft"


def test_its_energies_are_known_by_its_content_and_that_of_its_files(mine: Path, tmp_path: Path):
    (mine / "weights").write_text("2.1")
    key = engine_of(mine, files={"weights": "weights"}).provenance.energy_key
    other = tmp_path / "other"
    shutil.copytree(mine, other, ignore=shutil.ignore_patterns("other"))
    assert engine_of(other, files={"weights": "weights"}).provenance.energy_key == key
    assert engine_of(mine).provenance.energy_key != key
    engine = engine_of(other, files={"weights": "weights"})
    assert build_calculator(engine.settings).parameters["sigma"] == 2.1
    (other / "weights").write_text("2.3")
    assert engine.provenance.energy_key != key
    assert build_calculator(engine.settings).parameters["sigma"] == 2.3, "a changed file is read anew"
    (other / "weights").write_text("2.1")
    assert engine.provenance.energy_key == key
    (other / "mine.py").write_text(MINE + "\n# changed\n")
    assert engine.provenance.energy_key != key


@pytest.mark.parametrize(
    ("calculator", "content", "error", "message"),
    [
        ("mine:hard", MINE, CampaignError, r"no such calculator: .*mine\.py does not define hard"),
        (
            "mine:soft",
            "def soft():\n    raise OSError(2, 'no weights')",
            CampaignError,
            r"no weights; .*mine\.py, line 2",
        ),
        ("mine:number", MINE, CampaignError, "returns int, which is not an ASE calculator"),
        ("mine:soft", "1 / 0", CampaignError, r"mine\.py.*ZeroDivisionError"),
        ("mine:soft", "def soft(:", CampaignError, r"mine\.py.*SyntaxError"),
        ("mine:soft", "import nowhere_to_be_found", DependencyError, "nowhere_to_be_found"),
        ("mine:soft", "def soft():\n    import nowhere_to_be_found", DependencyError, "nowhere_to_be_found"),
        ("mine:soft", "def soft(needed): ...", CampaignError, "does not take these arguments .*needed"),
        ("yours.py:soft", MINE, CampaignError, r"yours\.py.*No such file"),
        ("yours:soft", MINE, CampaignError, r"put yours\.py beside the campaign file"),
    ],
)
def test_what_is_no_calculator_is_said_before_anything_starts(
    tmp_path: Path, calculator: str, content: str, error: type[Exception], message: str
):
    (tmp_path / "mine.py").write_text(content)
    with pytest.raises(error, match=message):
        load_checked(resolved(EngineChoice(preset="toy", settings={"calculator": calculator}), tmp_path))


def test_a_file_that_others_may_change_is_refused(mine: Path):
    (mine / "mine.py").chmod(0o666)
    with pytest.raises(CampaignError, match="can be changed by another user"):
        check_allowed(f"{mine / 'mine.py'}:soft")


def test_elements_that_a_calculator_does_not_know_are_named(mine: Path):
    with (mine / "mine.py").open("a") as file:
        file.write(
            "\ndef few():\n    made = soft()\n    made.supported_elements = frozenset({'Na', 'S'})\n    return made\n"
        )
    choice = resolved(EngineChoice(preset="toy", settings={"calculator": "mine:few"}), mine)
    check_supplied(choice, frozenset({"Na", "S"}))
    with pytest.raises(CampaignError, match="not fitted to Sb, W"):
        check_supplied(choice, frozenset({"Na", "Sb", "W"}))
