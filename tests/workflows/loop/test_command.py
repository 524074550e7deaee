import sys
from pathlib import Path

import pytest

from tests.workflows.loop.test_choose import begun
from workflows.loop.command import proposed
from workflows.loop.situation import situation

pytestmark = pytest.mark.mongod

LAST = """
import csv, os, sys
rows = list(csv.reader(open(sys.argv[1])))[1:]
left = [index for index, row in enumerate(rows) if not row[-1]]
with open(sys.argv[2], "w") as stream:
    stream.write("actions\\n" + "".join(f"{index}\\n" for index in left[::-1][: int(os.environ["IONSIEVE_PROPOSALS"])]))
"""


def program(tmp_path, text):
    path = tmp_path / "propose.py"
    path.write_text(text, encoding="utf-8")
    return {"method": "command", "command": [sys.executable, str(path)]}


def test_an_own_program_chooses(launchpad, choosing, tmp_path):
    results = choosing(**program(tmp_path, LAST))
    names = sorted(outlook.id for outlook in situation(results).order)
    assert begun(launchpad, results) == {names[-1]}
    assert proposed(situation(results), results, 2) == names[::-1][:2]


@pytest.mark.parametrize(
    ("text", "said"), [("import sys; sys.exit('no licence')", "ended with 1: no licence"), ("", "cannot be read")]
)
def test_a_program_that_fails_is_said_and_the_order_of_the_plan_taken(launchpad, choosing, tmp_path, text, said):
    results = choosing(**program(tmp_path, text))
    assert len(begun(launchpad, results)) == 1
    (failure,) = results.failures(stage="strategy")
    assert said in failure.reason


def test_a_program_that_hangs_is_ended_with_what_it_started(launchpad, choosing, tmp_path, monkeypatch):
    monkeypatch.setattr("workflows.loop.command._LONGEST_S", 3.0)
    hangs = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
open({str(tmp_path / "child")!r}, "w").write(str(child.pid))
time.sleep(300)
"""
    results = choosing(**program(tmp_path, hangs))
    (failure,) = results.failures(stage="strategy")
    assert "took more than 3 s" in failure.reason
    pid = int((tmp_path / "child").read_text())
    assert not Path(f"/proc/{pid}").exists() or Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
