"""Campaigns in a storm of faults end with the results of calm weather, each once, and leave nothing behind.

By default as many faults as fit in about two minutes of two cores; `IONSIEVE_CHAOS_FAULTS` and
`IONSIEVE_CHAOS_SECONDS` ask for more, `IONSIEVE_CHAOS_SEED` for others.
"""

import os
import time

import pytest

from tests.chaos.storm import Storm, calm, forkserver, weather

pytestmark = [pytest.mark.mongod, pytest.mark.chaos, pytest.mark.slow]

FAULTS = int(os.environ.get("IONSIEVE_CHAOS_FAULTS", "200"))
SECONDS = float(os.environ.get("IONSIEVE_CHAOS_SECONDS", "110"))
SEED = int(os.environ.get("IONSIEVE_CHAOS_SEED", "1"))


@pytest.fixture(scope="module")
def context():
    return forkserver()


@pytest.fixture(scope="module")
def undisturbed(mongod_program, context):
    return calm(context)


def test_one_worker_or_two_give_the_same_bytes(context, undisturbed):
    assert calm(context, workers=1) == undisturbed


def test_a_storm_of_faults_changes_nothing(context, undisturbed, capsys):
    storm = Storm(SEED)
    begun = time.monotonic()
    weather(context, storm, undisturbed, FAULTS, SECONDS)
    with capsys.disabled():
        kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(storm.faults.items()))
        print(  # noqa: T201
            f"\n{storm.total} faults in {time.monotonic() - begun:.0f} s on {storm.campaigns} campaigns, "
            f"{storm.restarts} restarts: {kinds}"
        )
    assert storm.campaigns > 0
    assert storm.total >= 20
