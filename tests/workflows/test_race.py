"""Workers race for short Fireworks: each runs exactly once."""

import json
import os
import subprocess
import sys
import time
from collections import Counter

import pytest
from fireworks import Firework, Workflow

pytestmark = [pytest.mark.mongod, pytest.mark.slow]

WORKERS = int(os.environ.get("IONSIEVE_RACE_WORKERS", "4"))
FIREWORKS = int(os.environ.get("IONSIEVE_RACE_FIREWORKS", "120"))


@pytest.mark.parametrize("packed", [False, True], ids=["single", "multi"])
def test_no_firework_runs_twice_and_none_is_lost(  # noqa: PLR0917
    packed, launchpad, launchpad_file, environment, tmp_path, capsys, monkeypatch
):
    from tests.workflows.race_worker import MarkTask
    from workflows.launchpad import guard

    monkeypatch.setattr(guard, "ALLOWED_TASKS", guard.ALLOWED_TASKS | {MarkTask()._fw_name})

    marks = tmp_path / "marks"
    marks.mkdir()
    scope = {"campaign": "race", "folder": str(marks)}
    for number in range(0, FIREWORKS, 5):
        fireworks = [
            Firework(MarkTask(), spec=scope | {"number": number + k}, name=f"mark {number + k}") for k in range(5)
        ]
        launchpad.add_wf(Workflow(fireworks))
    command = [sys.executable, "-m", "tests.workflows.race_worker", str(launchpad_file)]
    command += [str(WORKERS)] if packed else []
    commands = 1 if packed else WORKERS
    begun = time.monotonic()
    workers = [
        subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(commands)
    ]
    assert [worker.wait(3000) for worker in workers] == [0] * commands
    elapsed_s = time.monotonic() - begun
    spent = [json.loads(path.read_text()) for path in tmp_path.glob("cpu-*.json")]
    cpu_s = sum(end - start for start, end in spent)
    start_s = sum(start for start, _ in spent) / commands
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{WORKERS} workers{' of one multi' if packed else ''}, {FIREWORKS} Fireworks: "
            f"{FIREWORKS / elapsed_s:.1f}/s; for each Firework the workers needed {1000 * cpu_s / FIREWORKS:.0f} CPU ms"
            f"{' with their start' if packed else ''}, to start each command {start_s:.1f} CPU s"
        )
    lines = Counter(len(path.read_text().splitlines()) for path in marks.iterdir())
    assert lines == {1: FIREWORKS}
    assert launchpad.fireworks.count_documents({"state": "COMPLETED"}) == FIREWORKS
    assert launchpad.launches.count_documents({}) == FIREWORKS
    assert launchpad.workflows.count_documents({"locked": {"$exists": True}}) == 0
