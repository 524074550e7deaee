"""A whole campaign whose arrangements take turns in MD: the outcome is the same with workers killed."""

import contextlib
import os
import random
import signal
import subprocess
import time

import pytest

from screening.decision import Stage, Verdict
from screening.record.record_file import read_record
from tests.science import science
from tests.toy_campaign import TOY
from tests.workflows.test_campaign_run import TIME_LIMIT_S, command, environment_here, workers_of

pytestmark = [pytest.mark.mongod, pytest.mark.slow]

#: The toy potential's arrangements lie far apart: a hot short run gives all of them weight.
CHANGES = {
    "ewald": {"keep": 3},
    "hull": TOY["hull"] | {"keep_per_composition": 3, "md_order": "in_turn"},
    "short_md": TOY["short_md"] | {"temperatures_K": [20_000]},
}


def run(path, *, kills=0):
    draw = random.Random(kills)
    with subprocess.Popen(
        command(path), env=environment_here(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        for _ in range(kills):
            time.sleep(draw.uniform(2.0, 5.0))
            victims = workers_of(process)
            if victims:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(draw.choice(victims), signal.SIGKILL)
        _, complaints = process.communicate(timeout=TIME_LIMIT_S)
    assert process.returncode == 0, complaints.decode()


def ends(record):
    """Verdicts of MD by arrangement, with who stands for it."""
    md = (Stage.SHORT_MD, Stage.LONG_MD)
    return [
        (d.subject[-2:], str(d.stage), str(d.verdict), bool(d.superseded_by)) for d in record.decisions if d.stage in md
    ]


@pytest.mark.parametrize("threshold", [1e-9, 1e9])
def test_kills_change_neither_whose_turn_it_is_nor_who_is_spared(short_folder, campaign, threshold):
    rule = {"verdict": TOY["verdict"] | {"threshold_mS_cm": threshold}}
    calm = campaign("calm.yaml", work_dir=str(short_folder), **CHANGES, **rule)
    run(calm)
    record = read_record(short_folder / "toy")
    sent_on = [d for d in record.decisions if d.stage is Stage.HULL and d.verdict is not Verdict.FAIL]
    assert len(sent_on) > 1
    ran = {run.candidate_id for run in record.md}
    if threshold < 1:
        assert len(ran) == 1
        assert sum(spared for *_, spared in ends(record)) == len(sent_on) - 1
    else:
        assert ran == {decision.subject for decision in sent_on}
        assert not any(spared for *_, spared in ends(record))
    path = campaign(
        "killed.yaml", work_dir=str(short_folder / "k"), execution={"workers": 2, "max_reruns": 50},
        **CHANGES, **rule,
    )  # fmt: skip
    run(path, kills=5)
    assert science(read_record(short_folder / "k" / "toy")) == science(record)
