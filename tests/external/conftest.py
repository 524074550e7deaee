"""A private SLURM of one machine: its own keys, sockets and ports, gone after the tests."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.external.selection import changes, wanted

DAEMONS = ("munged", "slurmctld", "slurmd", "sbatch")
SEARCH = "/usr/sbin:/usr/bin:/sbin:/bin"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def configuration(folder: Path, host: str, munge: Path) -> str:
    return f"""ClusterName=private
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={munge},cred_expire=5
CredType=cred/munge
SlurmctldPort={free_port()}
SlurmdPort={free_port()}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
KillWait=30
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=bf_interval=1,sched_interval=1,batch_sched_delay=0
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


@pytest.fixture(scope="session")
def slurm() -> Iterator[dict[str, str]]:
    """Start munged, slurmctld and slurmd; give the environment that SLURM's commands need."""
    missing = [name for name in DAEMONS if shutil.which(name, path=SEARCH) is None]
    if missing or os.geteuid() != 0:
        pytest.skip(f"a private SLURM needs root and {', '.join(missing or DAEMONS)} (apt install slurm-wlm munge)")
    # Other users ask this queue, too, who may not enter the folders of pytest.
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))
    folder.chmod(0o755)
    for name in ("state", "spool"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    host = subprocess.run(["hostname", "-s"], capture_output=True, text=True, check=True).stdout.strip()
    munge = folder / "munge.sock"
    (folder / "slurm.conf").write_text(configuration(folder, host, munge))
    environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf"), "PATH": f"{os.environ['PATH']}:{SEARCH}"}
    commands = (
        [
            *("munged", "--force", "--foreground", "--key-file", str(key), "--socket", str(munge)),
            *("--pid-file", f"{folder}/munge.pid", "--log-file", f"{folder}/munge.log"),
            *("--seed-file", f"{folder}/munge.seed"),
        ],
        ["slurmctld", "-D", "-f", str(folder / "slurm.conf")],
        ["slurmd", "-D", "-f", str(folder / "slurm.conf"), "-N", host],
    )
    processes = []
    try:
        for command in commands:
            program = shutil.which(command[0], path=SEARCH)
            output = (folder / f"{command[0]}.out").open("wb")
            processes.append(
                subprocess.Popen([program, *command[1:]], env=environment, stdout=output, stderr=output, cwd=folder)
            )
            time.sleep(0.5)
        _wait_idle(environment)
        yield environment
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in reversed(processes):
            process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_idle(environment: dict[str, str]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        answer = subprocess.run(
            ["sinfo", "-h", "-o", "%T"], env=environment, capture_output=True, text=True, check=False
        )
        if answer.stdout.strip() == "idle":
            return
        time.sleep(0.5)
    pytest.fail(f"SLURM's node does not come up: {answer.stdout} {answer.stderr}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With IONSIEVE_EXTERNALS=changed, leave out the slow external programs whose folders did not change."""
    if os.environ.get("IONSIEVE_EXTERNALS", "all") != "changed":
        return
    changed = changes()
    here = Path(__file__).parent
    left_out = [item for item in items if item.path.parent == here and not wanted(item.path.name, changed)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
