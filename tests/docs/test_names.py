"""Every file and every Python name that the prose mentions exists: pages do not outlive a move of the code."""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md")),
    *sorted(page for page in (ROOT / "docs").glob("**/*.md") if page.parent.name not in ("reference", "notebooks")),
]
FENCED = re.compile(r"^[ ]*(`{3,})[^\n]*\n.*?^[ ]*\1", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
ROOMS = ("ewald", "screening", "workflows", "configs", "tests", "scripts", "benchmarks", "docs", "examples")
PYTHON = re.compile(r"(?:ewald|screening|workflows)(?:\.[A-Za-z_]\w*)+")


def inline_code(page):
    return INLINE.findall(FENCED.sub("", page.read_text(encoding="utf-8")))


def files_named(page):
    for text in inline_code(page):
        path = text.split("::")[0].split(" ")[0]
        if path.startswith(tuple(f"{room}/" for room in ROOMS)):
            yield path


def names_in(page):
    for text in inline_code(page):
        # `ewald.keep` and the like are keys of a campaign file, not modules.
        if (found := PYTHON.match(text)) and text.count(".") >= 1 and not is_campaign_key(found[0]):
            yield found[0]


def is_campaign_key(name):
    from screening.campaign import Campaign

    section, key = name.split(".")[:2]
    field = Campaign.model_fields.get(section)
    return field is not None and key in getattr(field.annotation, "model_fields", {})


def exists(name):
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[length:]:
            if not hasattr(found, attribute):
                return False
            found = getattr(found, attribute)
        return True
    return False


def page_name(page):
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_files_that_are_named_exist(page):
    missing = [path for path in files_named(page) if not list(ROOT.glob(path.rstrip("/")))]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_python_names_that_are_named_exist(page):
    assert not [name for name in names_in(page) if not exists(name)]


def test_the_search_finds_both_kinds():
    pages = [ROOT / "CONTRIBUTING.md", ROOT / "docs/how-to/add-an-engine.md"]
    assert "workflows/engines/registry.py" in {path for page in pages for path in files_named(page)}
    assert "workflows.engines.Engine" in {name for page in pages for name in names_in(page)}
    assert not exists("screening.hull.hull.nothing_of_this_name")
