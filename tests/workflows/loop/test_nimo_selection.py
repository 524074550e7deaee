import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

from workflows.loop.nimo_files import NimoRow, candidates_csv, read_proposals

needs_nimo = pytest.mark.skipif(importlib.util.find_spec("nimo") is None, reason="needs the extra nimo")


def choose(folder, method, known, number):
    rng = np.random.default_rng(3)
    rows = [NimoRow(str(i), tuple(rng.random(3)), None) for i in range(30)]
    rows = [NimoRow(r.id, r.descriptors, sum(r.descriptors) if int(r.id) < known else None) for r in rows]
    candidates, proposals = folder / "candidates.csv", folder / "proposals.csv"
    candidates.write_text(candidates_csv(rows), encoding="utf-8")
    command = [sys.executable, "-m", "workflows.loop.nimo_selection", method, str(candidates), str(proposals)]
    done = subprocess.run(
        command, env=os.environ | {"IONSIEVE_PROPOSALS": str(number)}, capture_output=True, text=True, check=False
    )
    return done, proposals, rows


@needs_nimo
@pytest.mark.parametrize(("method", "known"), [("PHYSBO", 12), ("BLOX", 12), ("PHYSBO", 0), ("BLOX", 2), ("BLOX", 3)])
def test_nimo_reads_what_is_written_and_proposes_what_is_not_known(tmp_path, method, known):
    done, proposals, rows = choose(tmp_path, method, known, 3)
    assert done.returncode == 0, done.stderr
    found = read_proposals(proposals, len(rows))
    assert len(set(found)) == 3
    assert min(found) >= known


@needs_nimo
def test_no_more_is_proposed_than_there_is(tmp_path):
    done, proposals, rows = choose(tmp_path, "RE", 28, 8)
    assert done.returncode == 0, done.stderr
    assert sorted(read_proposals(proposals, len(rows))) == [28, 29]


@pytest.mark.skipif(importlib.util.find_spec("nimo") is not None, reason="NIMO is installed")
def test_without_nimo_the_extra_is_named(tmp_path):
    done, _, _ = choose(tmp_path, "PHYSBO", 12, 3)
    assert done.returncode == 2
    assert "extra nimo" in done.stderr
