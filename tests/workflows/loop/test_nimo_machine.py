import csv
import importlib.util
import os
import subprocess
import sys
import threading

import pytest

from ewald.errors import UserError
from screening.decision import Decision, Stage, Verdict
from tests.workflows.loop.test_choose import begun
from workflows.loop import nimo_machine
from workflows.loop.nimo_machine import NimoFolder, NimoMachine
from workflows.loop.situation import table_of

pytestmark = pytest.mark.mongod

needs_nimo = pytest.mark.skipif(importlib.util.find_spec("nimo") is None, reason="needs the extra nimo")

NIMO_SCRIPT = """
import nimo
for _ in range(3):
    nimo.selection(method="RE", input_file="candidates.csv", output_file="proposals.csv", num_objectives=1,
                   num_proposals=1)
    nimo.preparation_input(machine="STAN", input_file="proposals.csv", input_folder="inputs")
    nimo.analysis_output(machine="STAN", input_file="proposals.csv", output_file="candidates.csv", num_objectives=1,
                         output_folder="outputs")
"""


@pytest.fixture
def machine(launchpad, choosing, tmp_path, monkeypatch):
    """A submitted campaign whose work is done in an instant: what was begun is rejected by the hull."""
    monkeypatch.setattr(nimo_machine, "_LOOK_S", 0.01)
    results = choosing(method="nimo")
    said = []

    def work():
        for name in begun(launchpad, results):
            results.decide(
                Decision(campaign=results.entry.name, subject=f"{name}_a1", stage=Stage.HULL, quantity="hull_energy",
                         value=500.0, unit="meV/atom", threshold=100.0, verdict=Verdict.FAIL, reason="far",
                         inputs_hash="h", version="0")
            )  # fmt: skip

    made = NimoMachine(NimoFolder(tmp_path / "nimo"), results, launchpad, work, said.append)
    made.prepare()
    return made


def ask(machine, *rows):
    machine.folder.proposals.write_text("actions,x1\n" + "".join(f"{row},0.1\n" for row in rows), encoding="utf-8")
    machine.folder.asked.touch()


def test_nothing_is_begun_before_nimo_asks(machine, launchpad):
    assert begun(launchpad, machine.results) == frozenset()
    assert len(list(csv.reader(machine.folder.candidates.open()))) == 4


def test_proposals_become_work_and_their_values_come_back_in_order(machine, launchpad):
    names = [row.id for row in table_of(machine.results)]
    ask(machine, 2, 0)
    machine.serve(rounds=1)
    assert begun(launchpad, machine.results) == {names[2], names[0]}
    rejected = table_of(machine.results)[0].objective
    assert [float(line) for line in machine.folder.results.read_text().split()] == pytest.approx([rejected, rejected])
    assert machine.folder.answered.exists()
    assert not machine.folder.asked.exists()


def test_a_loop_that_was_killed_before_it_answered_answers_when_started_again(machine):
    ask(machine, 1)
    broken = NimoMachine(machine.folder, machine.results, machine.launchpad, lambda: 1 / 0, print)
    with pytest.raises(ZeroDivisionError):
        broken.serve(rounds=1)
    machine.prepare()
    machine.serve(rounds=1)
    assert machine.folder.answered.exists()


def test_what_cannot_be_computed_is_said_and_asked_for_again(machine, monkeypatch):
    ask(machine, 1)
    monkeypatch.setattr(nimo_machine, "work_is_left", lambda *_: False)
    with pytest.raises(UserError, match="no work remains"):
        machine.serve()
    assert machine.folder.asked.exists()


@pytest.mark.parametrize("text", ["nonsense", "actions\nseven\n", "actions\n3\n", "actions\n-1\n"])
def test_proposals_that_are_none_are_one_clear_line(machine, text):
    machine.folder.proposals.write_text(text, encoding="utf-8")
    machine.folder.asked.touch()
    with pytest.raises(UserError, match=r"proposals\.csv"):
        machine.serve(rounds=1)


def test_a_campaign_that_begins_by_itself_is_refused(launchpad, choosing, tmp_path):
    results = choosing(method="ptr")
    with pytest.raises(UserError, match="method: nimo"):
        NimoMachine(NimoFolder(tmp_path), results, launchpad, print, print).prepare()


@needs_nimo
def test_a_loop_of_nimo_itself_drives_a_campaign_to_its_end(machine):
    process = subprocess.Popen([sys.executable, "-c", NIMO_SCRIPT], cwd=machine.folder.root, env=os.environ)
    server = threading.Thread(target=machine.serve, daemon=True)
    server.start()
    try:
        assert process.wait(timeout=120) == 0
    finally:
        process.kill()
    values = [row[-1] for row in csv.reader(machine.folder.candidates.open())][1:]
    assert values == [f"{row.objective:.8g}" for row in table_of(machine.results)]
