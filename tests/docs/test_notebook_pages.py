"""The notebooks are shown in the documentation with all they printed and drew."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "docs" / "_ext"))
import notebook_pages  # noqa: E402

NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_page_holds_every_cell_in_order_with_its_output(notebook, tmp_path):
    notebook_pages.write_pages(tmp_path)
    page = (tmp_path / f"{notebook.stem}.md").read_text(encoding="utf-8")
    place = pictures = 0
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        shown = [cell["source"], *(output["text"] for output in cell.get("outputs", []) if "text" in output)]
        for text in shown:
            place = page.index("".join(text).rstrip(), place)
        pictures += sum("data" in output for output in cell.get("outputs", []))
    drawn = sorted(tmp_path.glob(f"{notebook.stem}-*.png"))
    assert len(drawn) == pictures >= 1
    assert all(path.read_bytes().startswith(b"\x89PNG") and f"({path.name})" in page for path in drawn)


def test_an_output_that_cannot_be_shown_is_an_error():
    with pytest.raises(ValueError, match=r"strange\.ipynb.*text/html"):
        list(notebook_pages.outputs([{"output_type": "execute_result", "data": {"text/html": []}}], "strange", {}))


def test_pages_that_stay_the_same_are_not_written_again(tmp_path):
    notebook_pages.write_pages(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    notebook_pages.write_pages(tmp_path)
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
