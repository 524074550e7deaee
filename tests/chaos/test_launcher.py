"""The MPI launcher of `ionsieve screen` is killed again and again; the results are those of one quiet process."""

import json
import os
import random

import pytest
import yaml

from tests.chaos.launcher import kill_launcher, screen
from tests.toy_campaign import TOY

pytestmark = [pytest.mark.mpi, pytest.mark.chaos, pytest.mark.slow]

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


def test_a_killed_launcher_changes_nothing(tmp_path):
    pytest.importorskip("mpi4py")
    path = tmp_path / "campaign.yaml"
    path.write_text(yaml.safe_dump({**TOY, **CHANGES, "work_dir": str(tmp_path / "work")}))
    with screen(path, 1, "--out", str(tmp_path / "calm")) as quiet:
        assert quiet.wait(200) == 0, quiet.stderr.read().decode()
    draw = random.Random(3)
    out = tmp_path / "storm"
    for _ in range(KILLS):
        with screen(path, 2, "--out", str(out)) as run:
            kill_launcher(run, path, draw.uniform(2.0, 6.0))
    with screen(path, 2, "--out", str(out)) as run:
        assert run.wait(200) == 0, run.stderr.read().decode()
    assert outcomes(out) == outcomes(tmp_path / "calm")
    assert len(outcomes(out)) == 4
    assert list(out.rglob(".claims-*/*")) == []
