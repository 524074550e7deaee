"""Local workers."""

import os
import subprocess
import sys

from workflows.process.threads import thread_environment
from workflows.workers.local_workers import LocalWorkers
from workflows.workers.worker import WorkerJob


def test_local_workers_get_their_share(tmp_path, monkeypatch):
    given = []

    def popen(self, command, environment, stream):
        given.append(environment)
        return subprocess.Popen([sys.executable, "-c", ""])

    monkeypatch.setattr(LocalWorkers, "_popen", popen)
    team = LocalWorkers(WorkerJob(tmp_path / "l.yaml", "c", "r", os.getpid()), count=2, threads=3, logs=tmp_path)
    team.start()
    team.stop()
    assert len(given) == 2
    for environment in given:
        assert thread_environment(3).items() <= environment.items()
