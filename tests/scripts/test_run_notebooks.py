import base64
import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "run_notebooks"


def code(*lines):
    source = [f"{line}\n" for line in lines]
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": lines[0][:8],
        "metadata": {},
        "outputs": [],
        "source": source,
    }


def run(path):
    return subprocess.run([sys.executable, SCRIPT, path], capture_output=True, text=True, check=False)


def test_what_cells_print_and_draw_is_stored_and_the_rest_kept(tmp_path):
    text = {"cell_type": "markdown", "id": "text", "metadata": {}, "source": ["# Title"]}
    cells = [
        text,
        code("import matplotlib.pyplot as plt", "x = 3"),
        code("print(x)", "print('more')"),
        code("plt.subplots()[1].plot([1, 2])"),
    ]
    path = tmp_path / "some.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    done = run(path)
    assert done.returncode == 0, done.stderr
    after = json.loads(path.read_text())
    assert after["cells"][0] == text
    assert [cell["source"] for cell in after["cells"]] == [cell["source"] for cell in cells]
    silent, printed, drawn = after["cells"][1:]
    assert silent["outputs"] == []
    assert printed["outputs"] == [{"name": "stdout", "output_type": "stream", "text": ["3\n", "more\n"]}]
    (picture,) = drawn["outputs"]
    assert base64.b64decode(picture["data"]["image/png"]).startswith(b"\x89PNG")
    assert [cell["execution_count"] for cell in after["cells"][1:]] == [1, 2, 3]


def test_a_cell_that_fails_is_named_and_nothing_is_written(tmp_path):
    path = tmp_path / "some.ipynb"
    path.write_text(json.dumps({"cells": [code("print(1)"), code("1 / 0")], "metadata": {}, "nbformat": 4}))
    before = path.read_text()
    done = run(path)
    assert done.returncode != 0
    assert "some.ipynb, cell 2" in done.stderr
    assert path.read_text() == before
