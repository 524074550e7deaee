"""The MPI launcher of `ionsieve screen` is killed again and again; the results are those of one quiet process."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests.toy_campaign import TOY

pytestmark = [pytest.mark.mpi, pytest.mark.chaos, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("IONSIEVE_CHAOS_LAUNCHER_KILLS", "3"))
#: A dozen compositions, so that a kill hits some of them unfinished.
CHANGES = {
    "doping": [{"site": "Sb", "dopants": ["W6+", "Mo6+"], "levels": ["1/4", "1/2"], "compensation": ["vacancy"]}],
    "supercell": {"target_ions": 64, "max_ions": 64},
}


def outcomes(folder):
    """What was found, by composition."""
    found = {}
    for path in sorted(folder.rglob("composition.json")):
        document = json.loads(path.read_text())
        document.pop("sha256")
        document["record"].pop("seconds")
        document["record"].pop("evaluated")
        found[path.parent.name] = document
    return found


def screen(path, out, ranks):
    launcher = [] if ranks == 1 else [str(Path(sys.prefix) / "bin" / "mpiexec"), "-n", str(ranks)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    command = [*launcher, sys.executable, "-m", "workflows.cli.main", "screen", str(path), "--out", str(out)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def ranks_of(out):
    """Processes that still screen into a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str(out).encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


def test_a_killed_launcher_changes_nothing(tmp_path):
    pytest.importorskip("mpi4py")
    path = tmp_path / "campaign.yaml"
    path.write_text(yaml.safe_dump({**TOY, **CHANGES, "work_dir": str(tmp_path / "work")}))
    with screen(path, tmp_path / "calm", 1) as quiet:
        assert quiet.wait(200) == 0, quiet.stderr.read().decode()
    draw = random.Random(3)
    out = tmp_path / "storm"
    for _ in range(KILLS):
        with screen(path, out, 2) as run:
            time.sleep(draw.uniform(2.0, 6.0))
            run.send_signal(signal.SIGKILL)
            # The ranks notice the end of their launcher by themselves.
            end = time.monotonic() + 30
            while ranks_of(out) and time.monotonic() < end:
                time.sleep(0.1)
            assert ranks_of(out) == []
    with screen(path, out, 2) as run:
        assert run.wait(200) == 0, run.stderr.read().decode()
    assert outcomes(out) == outcomes(tmp_path / "calm")
    assert len(outcomes(out)) == 4
    assert list(out.rglob(".claims-*/*")) == []
