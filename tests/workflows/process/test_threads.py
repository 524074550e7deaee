"""A worker keeps to the cores it was given."""

import json
import os
import subprocess
import sys

from workflows.process.threads import THREAD_VARIABLES, granted_cores, hold_threads, thread_environment

#: Heavy linear algebra, then the processor time it took against the time that went by.
BUSY = """
import json, os, resource, sys, time
import numpy as np
from threading import active_count
a = np.random.default_rng(0).random((1200, 1200))
begun, used = time.monotonic(), time.process_time()
for _ in range(6):
    a = np.linalg.inv(a @ a + 1200 * np.eye(1200))
threads = next(line for line in open("/proc/self/status") if line.startswith("Threads:"))
share = (time.process_time() - used) / (time.monotonic() - begun)
print(json.dumps({"threads": int(threads.split()[1]), "share": share}))
"""


def busy(environment):
    plain = {name: value for name, value in os.environ.items() if name not in THREAD_VARIABLES}
    done = subprocess.run(
        [sys.executable, "-c", BUSY], env=plain | environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_one_thread_means_one_core():
    found = busy(thread_environment(1))
    assert found["threads"] == 1
    assert found["share"] < 1.1


def test_what_the_queue_gave_is_kept_to():
    assert set(hold_threads({}).values()) == {"1"}
    assert hold_threads({"SLURM_CPUS_PER_TASK": "3"}) == thread_environment(3)
    assert hold_threads(thread_environment(2)) == {}


def test_cores_granted_are_those_of_the_affinity_or_fewer():
    all_cores = len(os.sched_getaffinity(0))
    assert granted_cores({}) == all_cores
    assert granted_cores({"SLURM_CPUS_ON_NODE": "1"}) == 1
    assert granted_cores({"SLURM_CPUS_ON_NODE": "9999"}) == all_cores
