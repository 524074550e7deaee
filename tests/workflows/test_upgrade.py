"""A campaign of release 0.1 is shown, continued, recovered and reported by this release and by the next one.

`release-0.1/` holds a campaign in the middle of its work, as release 0.1 left it on another machine: the backup of its
database, its folder, its file, and the record with which release 0.1 itself ended it. One of its MD segments was
stopped by a signal and its continuation killed; a composition waits for its screen. None of it is ever made again.

The next release is this one with another version and one more key in every section of the campaign file and in every
value that is stored.
"""

import ast
import json
import lzma
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

from screening.campaign.campaign import Campaign
from screening.hashed import hashed

pytestmark = [pytest.mark.mongod, pytest.mark.slow]

HERE = Path(__file__).parent / "release-0.1"
ROOT = Path(__file__).parents[2]
REVISION = "1ac1e7317988"
LOST = "short_md:Na3SbS4-undoped_a1@600K#0+1"
RECOVER = """
import sys
from workflows.operations.session import session
from workflows.recovery.recover import recover
with session(sys.argv[1]) as opened:
    print(recover(opened.launchpad, opened.results(), silent_after_s=0).lost)
"""


def next_release(folder: Path) -> Path:
    """Write the sources of a release that has one more key everywhere."""
    for name in ("ewald", "screening", "workflows", "configs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    version = folder / "ewald" / "version.py"
    version.write_text(version.read_text().replace('"0.1', '"0.2'))
    assert '"0.2' in version.read_text()
    grown = sum(grow(path) for package in ("screening", "workflows") for path in (folder / package).rglob("*.py"))
    assert grown > 40
    return folder


def grow(path: Path) -> int:
    """Add a key with a default to each section and value that a file defines; returns how many there are."""
    lines = path.read_text(encoding="utf-8").splitlines()
    classes = [
        node
        for node in ast.parse("\n".join(lines)).body
        if isinstance(node, ast.ClassDef) and {getattr(base, "id", "") for base in node.bases} & {"Section", "Value"}
    ]
    for node in reversed(classes):
        lines.insert(node.body[0].end_lineno, "    added_later: int = 3")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(classes)


@pytest.fixture(scope="module", params=["this release", "the next release"])
def sources(request, tmp_path_factory):
    return ROOT if request.param == "this release" else next_release(tmp_path_factory.mktemp("next"))


class Release:
    """The commands of a release on the campaign that release 0.1 left."""

    def __init__(self, sources: Path, folder: Path):
        self.sources = sources
        self.file = folder / "campaign.yaml"

    def __call__(self, *words, sources=None, code=0):
        command = [sys.executable, *(words if words[0] == "-c" else ("-m", "workflows.cli.main", *words))]
        environment = {"PYTHONPATH": str(sources or self.sources), "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
        done = subprocess.run(
            [*command, str(self.file)],
            env=os.environ | environment,
            cwd=self.file.parent,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def status(self):
        """What `status --json` says, without the note that the folder was moved."""
        said = self("status", "--json")
        return json.JSONDecoder().raw_decode(said[said.index("{") :])[0]


@pytest.fixture
def release(sources, short_folder):
    """The campaign in a folder elsewhere, and the commands of a release."""
    with tarfile.open(HERE / "files.tar.xz") as archive:
        archive.extractall(short_folder, filter="data")
    content = yaml.safe_load((HERE / "campaign.yaml").read_text())
    (short_folder / "campaign.yaml").write_text(yaml.safe_dump(content | {"work_dir": str(short_folder)}))
    (short_folder / "database.tar.gz").write_bytes((HERE / "database.tar.gz").read_bytes())
    made = Release(sources, short_folder)
    made("db", "restore", "--from", "database.tar.gz")
    yield made
    made("db", "stop")


def outcome(text: str, *, same_release: bool) -> object:
    """Return what a record says, without times, words, the format and the hashes these enter; numbers to six decimals.

    Of conductivities only the verdicts: a run that was not judged yet is judged by this release's statistics. Of MD no
    averages: a run that this release computed differs from the former one's in a last digit at first, and then in all.
    """
    passing = {"added_later", "seconds", "core_seconds", "seconds_by_stage", "core_seconds_by_engine", "work_dir"}
    passing |= {"reason", "warnings", "format", "inputs_hash", "transport"}
    passing |= {"energy_drift_meV_atom_ps", "mean_temperature_K"}
    if not same_release:
        passing |= {"version", "execution"}

    def stripped(value):
        if isinstance(value, dict):
            return {key: stripped(inner) for key, inner in value.items() if key not in passing}
        if isinstance(value, list):
            return [stripped(inner) for inner in value]
        return round(value, 6) if isinstance(value, float) else value

    content = stripped(json.loads(text))
    for decision in content["decisions"]:
        if decision["quantity"] == "conductivity":
            for name in ("value", "low95", "high95", "bound", "probability_above"):
                decision.pop(name, None)
    # Keys of campaign files that came after release 0.1 are left out, as in hashes.
    return content | {"campaign": stripped(hashed(Campaign.model_validate(content["campaign"])))}


def test_a_campaign_of_the_former_release_is_shown_recovered_and_brought_to_its_end(release):
    shown = release.status()
    assert shown["revision"] == REVISION
    assert [stage["states"] for stage in shown["stages"] if stage["name"] == "ewald"] == [{"done": 1, "waiting": 1}]
    assert f"revision {REVISION}" in release("check")
    assert "competing phases missing" in release("explain", "Na3SbS4-undoped_a1", "--campaign")
    assert "report: " in release("report")
    assert LOST in release("-c", RECOVER)
    assert "3 were there already" in release("run")
    same = release.sources == ROOT
    before = lzma.decompress((HERE / "record.json.xz").read_bytes()).decode()
    now = (release.file.parent / "kept" / "record.json").read_text()
    assert outcome(now, same_release=same) == outcome(before, same_release=same)
    versions = release.status()["versions"]
    # What release 0.1 had computed was taken as it was.
    assert versions.pop("0.1.0") >= 16
    if not same:
        assert set(versions) == {"0.2.0"}
        assert "a later release than this one" in release("status", sources=ROOT, code=2)
