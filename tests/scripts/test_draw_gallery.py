"""The figures of the gallery are those of the data."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_figure_is_drawn_again_from_the_data_and_shown(tmp_path):
    subprocess.run([sys.executable, ROOT / "scripts" / "draw_gallery", tmp_path], check=True, capture_output=True)
    shown = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    kept = ROOT / "docs" / "gallery"
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in kept.iterdir()}
    for path in sorted(tmp_path.iterdir()):
        drawn = path.read_text(encoding="utf-8")
        assert drawn == (kept / path.name).read_text(encoding="utf-8"), (
            f"scripts/draw_gallery: {path.name} is out of date"
        )
        assert ET.fromstring(drawn).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 (our own drawing)
        assert f"gallery/{path.name}" in shown
