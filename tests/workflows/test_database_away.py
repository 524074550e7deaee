"""The database goes away in the middle of a stage, and is still away when the stage ends."""

import os
import threading

import pytest
from fireworks import FWorker
from fireworks.core.rocket_launcher import launch_rocket

from workflows.campaign.campaign_file import open_campaign
from workflows.database.launchpad_file import read_launchpad_file, write_launchpad_file
from workflows.database.server import PrivateServer
from workflows.engines.ase.run import AseEngine
from workflows.launchpad import connect, prepare
from workflows.operations.submit import submit
from workflows.recovery.recover import recover

pytestmark = pytest.mark.mongod

AWAY_S = float(os.environ.get("IONSIEVE_AWAY_S", "4"))
KEY = "reference:Na2S"


def test_a_stage_waits_for_the_database_and_loses_nothing(mongod_program, campaign, short_folder, monkeypatch):
    server = PrivateServer(short_folder / "database")
    file = write_launchpad_file(short_folder / "my_launchpad.yaml", server.start(), "away")
    launchpad = connect(read_launchpad_file(file))
    prepare(launchpad)
    results = submit(open_campaign(str(campaign())), launchpad).results
    relax = AseEngine.relax
    away = []

    def relax_while_it_is_away(self, *arguments, **options):
        done = relax(self, *arguments, **options)
        server.stop()
        away.append(threading.Timer(AWAY_S, server.start))
        away[0].start()
        return done

    monkeypatch.setattr(AseEngine, "relax", relax_while_it_is_away)
    assert launch_rocket(launchpad, FWorker(query={"spec.key": KEY}), strm_lvl="CRITICAL")
    away[0].join()
    assert len(away) == 1
    recover(launchpad, results, grace_s=0)
    assert launchpad.fireworks.find_one({"spec.key": KEY})["state"] == "COMPLETED"
    assert results.failures() == ()
    assert launchpad.db["ionsieve_results"].count_documents({"stage": "reference"}) == 1
    assert launchpad.launches.count_documents({}) == 1
    launchpad.connection.close()
