"""The stand-in for pw.x."""

import sys
from pathlib import Path

import pytest

from screening.campaign.execution import EngineChoice
from workflows.engines.registry import load_engine

ROOT = Path(__file__).parents[4]


STAND_IN = f"""#!{sys.executable}
import sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from tests.workflows.engines.espresso.stand_in import answer
ending = Path(__file__).with_name("ending")
print(answer(Path("run.in").read_text(), ending.read_text() if ending.exists() else ""), end="")
"""


@pytest.fixture
def espresso(tmp_path: Path):
    home = tmp_path / "espresso"
    home.mkdir()
    for element in ("Ca", "S"):
        (home / f"{element}.upf").write_text("stand-in")
    (home / "pw.x").write_text(STAND_IN)
    (home / "pw.x").chmod(0o755)
    settings = {
        "executable": str(home / "pw.x"),
        "pseudo_dir": str(home),
        "pseudopotentials": {"Ca": "Ca.upf", "S": "S.upf"},
    }
    return home, load_engine(EngineChoice(preset="espresso", settings=settings))
