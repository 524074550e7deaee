"""What IonSieve changes in FireWorks is listed, and was written for the FireWorks that is installed."""

import ast
import hashlib
import inspect
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest
from fireworks import LaunchPad

from workflows.launchpad.launchpad import CampaignLaunchPad
from workflows.launchpad.patches import (
    EXCHANGED,
    FIREWORKS,
    OVERRIDDEN,
    RELIED_ON,
    exchange,
    find,
    install,
    with_default_mode,
)

EVERY = (*OVERRIDDEN, *EXCHANGED, *RELIED_ON)


def source_of(name):
    """A function or class as FireWorks' file has it, whatever this process exchanged, and its first line."""
    module, _, path = name.partition(":")
    text = Path(find_spec(f"fireworks.{module}").origin).read_text(encoding="utf-8")
    node = ast.parse(text)
    for part in path.split("."):
        node = next(child for child in node.body if getattr(child, "name", None) == part)
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return "".join(text.splitlines(keepends=True)[first - 1 : node.end_lineno]), first


@pytest.mark.parametrize("patch", EVERY, ids=lambda patch: patch.name)
def test_the_patched_source_is_the_one_that_the_patch_was_written_for(patch):
    source, line = source_of(patch.source)
    found = hashlib.sha256(source.encode()).hexdigest()[:16]
    assert found == patch.sha256, f"FireWorks {version('fireworks')} changed {patch.source}: {patch.reason}"
    if version("fireworks") == FIREWORKS:
        assert line == patch.line


def test_the_release_is_one_of_those_that_the_project_allows():
    assert version("fireworks").startswith("2.1.")


def test_every_override_is_listed():
    ours = {name for name, member in vars(CampaignLaunchPad).items() if inspect.isfunction(member)}
    overridden = {name for name in ours if hasattr(LaunchPad, name) and not name.startswith("__")}
    assert overridden == {patch.name.rpartition(".")[2] for patch in OVERRIDDEN}


def test_every_private_name_that_is_used_is_listed():
    listed = {patch.name.rpartition(".")[2] for patch in (*OVERRIDDEN, *RELIED_ON)}
    source = inspect.getsource(inspect.getmodule(CampaignLaunchPad))
    private = {name for name in vars(LaunchPad) if name.startswith("_") and not name.startswith("__")}
    assert {name for name in private | {"_reassign_ids"} if f".{name}(" in source} <= listed


def test_what_is_not_listed_is_not_exchanged():
    with pytest.raises(KeyError):
        exchange("core.rocket:do_ping", None)


def test_installing_twice_changes_nothing():
    install()
    exchanged = [find(patch.name) for patch in EXCHANGED]
    install()
    assert all(now is before for now, before in zip(map(find, [p.name for p in EXCHANGED]), exchanged, strict=True))


def test_zopen_gets_the_mode_that_offline_runs_leave_out(tmp_path):
    from monty.io import zopen

    fixed = with_default_mode(zopen)
    with fixed(tmp_path / "f.json", "wt") as stream:
        stream.write("{}")
    with fixed(tmp_path / "f.json") as stream:
        assert stream.read() == "{}"
    with fixed(tmp_path / "f.json", "rb") as stream:
        assert stream.read() == b"{}"
