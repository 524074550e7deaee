"""What an intruder could try: a foreign user at the server, paths that leave the folder, secrets in specs and logs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.chaos.storm import CHANGES
from tests.toy_campaign import TOY
from workflows.database.server import PrivateServer

pytestmark = [pytest.mark.mongod, pytest.mark.chaos]

ROOT = Path(__file__).parents[2]
NOBODY = 65534
#: What another user would try with the connection string: connect, then read.
INTRUDER = """
import socket, sys
connection = socket.socket(socket.AF_UNIX)
try:
    connection.connect(sys.argv[1])
except OSError as error:
    print(type(error).__name__)
else:
    print("connected")
for path in sys.argv[2:]:
    try:
        open(path, "rb").read(1)
    except OSError as error:
        print(type(error).__name__)
    else:
        print("read", path)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to act as another user")
def test_another_user_reaches_neither_server_nor_files(mongod_program, short_folder):
    from workflows.database.launchpad_file import write_launchpad_file

    short_folder.chmod(0o755)
    private = PrivateServer(short_folder / "database")
    status = private.start()
    file = write_launchpad_file(short_folder / "my_launchpad.yaml", status, "ionsieve")
    secret = [file, private.folder / "server.json", private.log, next((private.folder / "data").glob("*.wt"))]
    command = [shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable, "-c", INTRUDER]
    done = subprocess.run(
        [*command, str(status.socket), *map(str, secret)],
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert done.stdout.split() == ["PermissionError"] * (1 + len(secret)), done.stderr


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("subject", "../../../tmp/away"),
        ("subject", "/tmp/away"),  # noqa: S108
        ("subject", ".."),
        ("subject", "x\x00y"),
        ("campaign", "../../../tmp/away"),
        ("composition", "../../../tmp/away"),
    ],
)
def test_a_spec_that_names_a_path_is_refused_and_writes_nothing(launchpad, submitted, field, name):
    """Every stage is asked to work on a subject outside of the campaign's folder."""
    from fireworks import FWorker
    from fireworks.core.rocket_launcher import launch_rocket

    before = set(Path(submitted.entry.folder).parent.rglob("*"))
    key = "reference:Na2S"
    launchpad.fireworks.update_one({"spec.key": key}, {"$set": {f"spec.{field}": name}})
    launch_rocket(launchpad, FWorker(query={"spec.key": key}), strm_lvl="CRITICAL")
    row = launchpad.fireworks.find_one({"spec.key": key})
    after = {path for path in Path(submitted.entry.folder).parent.rglob("*") if "references/Na2S" not in str(path)}
    if field == "composition":
        # It is a label there; the subject says where the files go.
        assert row["state"] == "COMPLETED"
    else:
        assert row["state"] in {"FIZZLED", "DEFUSED"}
    assert {path for path in after - before if path.name != "references"} == set()
    assert not Path("/tmp/away").exists()  # noqa: S108 - the very path that must not appear


@pytest.mark.parametrize("path", ["../../../../etc/hostname", "/etc/hostname"])
def test_a_result_that_names_a_file_elsewhere_is_refused(launchpad, submitted, path):
    """A trajectory's path in the database stays below the campaign's folder."""
    from ewald.errors import UserError
    from workflows.md_runs import segments_of

    document = {
        "index": 0, "path": path, "sha256": "0", "frames": 1, "steps": 1, "complete": True,
        "mean_temperature_K": 1.0, "energy_drift_meV_atom_ps": None, "core_seconds": 0.0, "ended": "complete",
        "warnings": [],
    }  # fmt: skip
    submitted.put("short_md_segment", "x_a1@600K#0000", "h", document)
    with pytest.raises(UserError, match="folder"):
        segments_of(submitted, "short_md", "x_a1", 600.0, 1)


@pytest.mark.parametrize("calculator", ["os.system", "builtins.eval", "../x.py"])
def test_a_campaign_in_the_database_cannot_name_any_callable(launchpad, submitted, calculator):
    """An intruder who writes to the database changes the calculator of a registered campaign."""
    from fireworks import FWorker
    from fireworks.core.rocket_launcher import launch_rocket

    launchpad.db.ionsieve_campaigns.update_many(
        {}, {"$set": {"campaign.engine": {"preset": "toy", "settings": {"calculator": calculator, "arguments": {}}}}}
    )
    launch_rocket(launchpad, FWorker(query={"spec.key": "reference:Na2S"}), strm_lvl="CRITICAL")
    assert launchpad.fireworks.find_one({"spec.key": "reference:Na2S"})["state"] == "FIZZLED"
    (failure,) = submitted.failures()
    assert failure.kind == "input"


@pytest.mark.slow
def test_secrets_of_the_environment_are_nowhere(mongod_program, short_folder):
    """A key of the Materials Project and a password in the environment reach no document and no file."""
    path = short_folder / "campaign.yaml"
    path.write_text(yaml.safe_dump({**TOY, **CHANGES, "work_dir": str(short_folder / "work")}))
    secret = "sesame-91f3c7"
    environment = os.environ | {
        "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "MP_API_KEY": secret, "PMG_MAPI_KEY": secret,
        "MONGO_PASSWORD": secret,
    }  # fmt: skip
    command = [sys.executable, "-m", "workflows.cli.main", "submit", str(path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    PrivateServer(short_folder / "work" / "storm" / "database").stop()
    assert secret not in done.stdout + done.stderr
    holding = [file for file in short_folder.rglob("*") if file.is_file() and secret.encode() in file.read_bytes()]
    assert holding == []
