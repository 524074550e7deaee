"""The survivors as a jobflow Flow, read back and run by jobflow itself."""

import json
import sys

import pytest

from ewald.errors import DependencyError, UserError
from screening.record.handover.flow import load_maker, survivors_flow, write_flow
from screening.record.ranking import best_first, survivors
from tests.campaign_record import make_record

RECORD = make_record()
MAKERS = """
from dataclasses import dataclass
from jobflow import Flow, Maker, job

@job
def sites(structure):
    return len(structure)

@dataclass
class Sites(Maker):
    name: str = "sites"
    @job
    def make(self, structure):
        return {"sites": len(structure), "volume": structure.volume}

@dataclass
class Twice(Maker):
    name: str = "twice"
    def make(self, structure):
        first = Sites().make(structure)
        return Flow([first, Sites().make(structure)], output=first.output)

class Needy:
    def __init__(self, level): ...

five = 5
def nothing(structure):
    return None
"""


@pytest.fixture
def makers(tmp_path, monkeypatch):
    pytest.importorskip("jobflow")
    (tmp_path / "own_makers.py").write_text(MAKERS)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("own_makers", None)


@pytest.mark.parametrize("name", ["own_makers.Sites", "own_makers:Twice"])
def test_jobflow_reads_the_file_back_and_runs_it(makers, tmp_path, name):
    from jobflow import JobStore, run_locally
    from maggma.stores import MemoryStore
    from monty.serialization import loadfn

    flow = loadfn(write_flow(RECORD, name, tmp_path))
    passed = survivors(RECORD)
    assert [one.name.split()[-1] for one in flow.jobs] == [line.candidate_id for line in passed]
    jobs = [job for job, _ in flow.iterflow()]
    found = run_locally(flow, store=JobStore(MemoryStore()), root_dir=tmp_path, create_folders=True, log=False)
    own = {history.id: history.structure for history in best_first(RECORD)}
    for job in jobs:
        origin = job.metadata["ionsieve"]
        output = found[job.uuid][1].output
        assert output["sites"] == len(own[origin["candidate"]])
        assert output["volume"] == pytest.approx(own[origin["candidate"]].volume)
        assert (origin["revision"], origin["passed"]) == (RECORD.revision, True)
    assert {job.metadata["ionsieve"]["candidate"] for job in jobs} == {line.candidate_id for line in passed}


def test_a_function_serves_as_well_and_structures_are_plain_and_sorted(makers):
    flow = survivors_flow(RECORD, load_maker("own_makers.sites"))
    (structure,) = flow.jobs[0].function_args
    assert structure == structure.get_sorted_structure()
    assert all(not hasattr(element, "oxi_state") or element.oxi_state is None for element in structure.elements)


def test_where_nothing_passed_the_jobs_say_so(makers):
    record = RECORD.model_copy(update={"decisions": tuple(d for d in RECORD.decisions if d.stage != "long_md")})
    flow = survivors_flow(record, load_maker("own_makers.Sites"))
    assert len(flow.jobs) == sum(history.near_hull for history in best_first(record))
    assert not flow.jobs[0].metadata["ionsieve"]["passed"]
    with pytest.raises(UserError, match="no candidate"):
        survivors_flow(RECORD.model_copy(update={"candidates": ()}), load_maker("own_makers.Sites"))


@pytest.mark.parametrize(
    ("name", "error", "problem"),
    [
        ("Sites", UserError, "not an import path"),
        ("own_makers.Missing", UserError, "has no Missing"),
        ("no_such_package.Maker", DependencyError, "cannot be imported"),
        ("own_makers.Needy", UserError, "needs arguments"),
        ("own_makers.five", UserError, "makes nothing"),
        ("own_makers.nothing", UserError, "returns NoneType"),
    ],
)
def test_what_makes_no_jobs_is_one_line(makers, tmp_path, name, error, problem):
    with pytest.raises(error, match=problem) as caught:
        write_flow(RECORD, name, tmp_path)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "flow.json").exists()


def test_without_jobflow_the_message_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "jobflow", None)
    with pytest.raises(DependencyError, match=r"\[jobflow\]"):
        write_flow(RECORD, "own_makers.Sites", tmp_path)


def test_the_flow_is_json_that_names_its_maker(makers, tmp_path):
    document = json.loads(write_flow(RECORD, "own_makers.Sites", tmp_path).read_text())
    assert document["@class"] == "Flow"
    assert document["jobs"][0]["function"]["@bound"]["@module"] == "own_makers"
