"""Every command block and Python example of README and docs is run, or says why it is not.

A block is preceded by `<!-- run -->`, `<!-- run: fails -->` or `<!-- not run: reason -->`. The blocks of one page run
in order in one folder that holds `examples` and nothing else; in a console block each line after `$ ` is a command,
and every other line has to appear in what the commands say (`...` stands for lines left out).
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("**/*.md")])
GENERATED = {"cli.md", "configuration.md", "results.md", "database.md", "api.md"}
BLOCK = re.compile(
    r"(?:<!--[ ]*(?P<mark>[^>]*?)[ ]*-->\s*\n\s*)?"
    r"^[ ]*```(?P<kind>console|python|bash)\n(?P<body>.*?)^[ ]*```",
    re.MULTILINE | re.DOTALL,
)
PROGRAMS = {"ewald": "ewald", "ionsieve": "workflows.cli.main"}


@dataclass(frozen=True)
class Block:
    mark: str
    kind: str
    body: str
    line: int


def blocks(page):
    text = page.read_text(encoding="utf-8")
    return [
        Block(found["mark"] or "", found["kind"], found["body"], text[: found.start("body")].count("\n") + 1)
        for found in BLOCK.finditer(text)
    ]


def pages():
    written = (page.parent.name == "notebooks" or page.name in GENERATED for page in PAGES)
    return [page for page, generated in zip(PAGES, written, strict=True) if not generated]


def name(page):
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", pages(), ids=name)
def test_every_block_is_run_or_says_why_not(page):
    for block in blocks(page):
        if block.kind == "bash":
            continue  # the two scripts of the README, which are continuous integration themselves
        assert block.mark in ("run", "run: fails") or re.fullmatch(r"not run: \S.{8,}", block.mark), (
            f"{name(page)}:{block.line}: mark the block with <!-- run --> or <!-- not run: why -->"
        )


@pytest.fixture
def environment(tmp_path):
    programs = tmp_path / ".programs"
    programs.mkdir()
    for program, module in PROGRAMS.items():
        path = programs / program
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
        path.chmod(0o755)
    search = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return os.environ | {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": search,
        "OMP_NUM_THREADS": "1",
        "NUMBA_NUM_THREADS": "2",
    }


def script(block):
    if block.kind == "python":
        return [sys.executable, "-c", block.body]
    commands = [line.strip()[2:] for line in block.body.splitlines() if line.strip().startswith("$ ")]
    return ["bash", "-euo", "pipefail", "-c", "\n".join(commands)]


def shown_output(block):
    if block.kind != "console":
        return []
    lines = (" ".join(line.split()) for line in block.body.splitlines())
    return [line for line in lines if line and line != "..." and not line.startswith("$ ")]


@pytest.mark.slow
@pytest.mark.parametrize("page", [p for p in pages() if any(b.mark.startswith("run") for b in blocks(p))], ids=name)
def test_blocks_marked_to_run_do_run(page, tmp_path, environment):
    folder = tmp_path / "reader"
    shutil.copytree(ROOT / "examples", folder / "examples")
    for block in blocks(page):
        if not block.mark.startswith("run"):
            continue
        done = subprocess.run(
            script(block), cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        said = f"{name(page)}:{block.line}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        if block.mark == "run: fails":
            assert done.returncode == 2, said
            assert done.stderr.count("\n") == 1, said
        else:
            assert done.returncode == 0, said
        told = {" ".join(line.split()) for line in (done.stdout + done.stderr).splitlines()}
        assert not [line for line in shown_output(block) if line not in told], said
