"""How a run under custodian is started, counted and judged; the real custodian runs in test_run.py."""

import json
import sys

import pytest

from ewald.errors import CampaignError, DependencyError
from workflows.engines.errors import EngineError, FailureReason
from workflows.engines.vasp import launch
from workflows.engines.vasp.settings import VaspSettings
from workflows.process.run_code import CodeRun


def launcher(cores=4, command=(sys.executable,)):
    return launch.Launcher(VaspSettings(command=command, potcar="spec", cores=cores))


@pytest.fixture
def leaving(monkeypatch):
    """Let the run last three seconds and leave the given files."""

    def prepare(stopped=None, **files):
        def run(command, folder, **_):
            assert json.loads((folder / "custodian.json").read_text())["command"] == [sys.executable]
            for name, text in files.items():
                (folder / name.replace("_", ".")).write_text(text)
            return CodeRun(exit_status=0, stopped=stopped, seconds=3.0)

        monkeypatch.setattr(launch, "run_code", run)

    return prepare


def test_core_seconds_are_those_of_all_cores_and_add_up(leaving, tmp_path):
    leaving(corrections_json='{"error": null, "corrected": []}')
    started = launcher(cores=4)
    assert started.run(tmp_path, None, md=False) is None
    assert started.run(tmp_path, None, md=False) is None
    assert started.core_seconds == 2 * 4 * 3.0


def test_a_stopped_run_says_why_and_is_no_failure(leaving, tmp_path):
    leaving(stopped="walltime")
    assert launcher().run(tmp_path, None, md=True) == "walltime"


@pytest.mark.parametrize(
    ("files", "kind", "message"),
    [
        ({}, EngineError, "custodian left no record"),
        ({"corrections_json": '{"error": nu'}, EngineError, "custodian left no record"),
        ({"corrections_json": '{"error": "MaxErrors"}'}, EngineError, "MaxErrors"),
        (
            {"corrections_json": '{"error": "x"}', "vasp_out": "No License found"},
            DependencyError,
            "VASP does not start",
        ),
        ({"vasp_out": "error while loading shared libraries: libmkl"}, DependencyError, "VASP does not start"),
    ],
)
def test_what_custodian_gave_up_on_is_sorted(leaving, tmp_path, files, kind, message):
    leaving(**files)
    with pytest.raises(kind, match=message):
        launcher().run(tmp_path, None, md=False)


@pytest.mark.parametrize(
    ("error", "reason"),
    [("UnconvergedErrorHandler", FailureReason.SCF), ("ZBRENT", FailureReason.CRASHED)],
)
def test_the_reason_follows_from_the_error(leaving, tmp_path, error, reason):
    leaving(corrections_json=json.dumps({"error": error}))
    with pytest.raises(EngineError) as caught:
        launcher().run(tmp_path, None, md=False)
    assert caught.value.reason is reason


def test_the_command_begins_with_an_absolute_path_of_a_program(tmp_path):
    with pytest.raises(CampaignError, match="absolute path"):
        launcher(command=("vasp_std",)).run(tmp_path, None, md=False)
    with pytest.raises(DependencyError, match="no-such-vasp"):
        launcher(command=("/no-such-vasp",)).run(tmp_path, None, md=False)
