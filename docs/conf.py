"""Sphinx configuration; `python -m sphinx -W -b html docs site` builds the pages."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]

from ewald.version import __version__  # noqa: E402

project = "IonSieve"
author = "the IonSieve developers"
copyright = "2026, the IonSieve developers"  # noqa: A001
release = version = __version__
extensions = ["myst_parser", "reference_pages", "notebook_pages", "mathml"]
html_math_renderer = "mathml"
myst_enable_extensions = ["dollarmath", "amsmath", "deflist", "colon_fence"]
myst_heading_anchors = 3
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"IonSieve {__version__}"
html_static_path = []
nitpicky = False
suppress_warnings = ["misc.highlighting_failure"]
