"""The code cells of every notebook run in order, in one namespace, in an empty folder, and print what is stored."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))


def cells(path, kind):
    content = json.loads(path.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in content["cells"] if cell["cell_type"] == kind]


def printed(path):
    content = json.loads(path.read_text(encoding="utf-8"))
    stored = [output for cell in content["cells"] for output in cell.get("outputs", [])]
    return "".join("".join(output.get("text", [])) for output in stored)


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 2


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path, tmp_path):
    figures = "\n\nassert plt.get_fignums(), 'the notebook draws nothing'\n"
    (tmp_path / "notebook.py").write_text("\n\n".join(cells(path, "code")) + figures)
    search = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [sys.executable, "notebook.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": search, "OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == printed(path), "run scripts/run_notebooks: the documentation shows what is stored"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_explains_itself(path):
    assert cells(path, "markdown")[0].startswith("# ")
    assert "/work" not in path.read_text(encoding="utf-8")
