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


HOSTILE = "../../../../is-away"


@pytest.mark.parametrize("stage", ["ewald", "relax", "hull", "short_md", "short_md_look"])
def test_no_stage_follows_a_path_of_the_database(launchpad, submitted, stage):
    """An intruder writes the work, and the documents that it needs, under a name that leads out of the folder."""
    from fireworks import FWorker, Workflow
    from fireworks.core.rocket_launcher import launch_rocket

    from screening.arrangements.candidate import Candidate
    from screening.plan.composition import Composition
    from screening.relaxation.relaxation import Provenance, RelaxedStructure
    from screening.shipped import shipped_structure
    from workflows.builders.firework import firework
    from workflows.spec import StageSpec

    structure = shipped_structure("mothers", "Na3SbS4_tet_derived")
    (plan,) = submitted.all(Composition, "plan").values()
    submitted.put("plan", HOSTILE, "h", plan.model_copy(update={"id": HOSTILE}))
    candidate = Candidate(
        id=HOSTILE, composition_id=HOSTILE, mother="Na3SbS4", formula="Na3SbS4", rank=1, ewald_energy_eV=-1.0,
        multiplicity="1", certified=True, structure=structure, mobile="Na",
    )  # fmt: skip
    provenance = Provenance(engine="ase", code="toy", version="1", settings={}, energy_key="toy")
    relaxed = RelaxedStructure(
        id=HOSTILE, structure=structure, energy_eV=-1.0, converged=True, steps=1, max_force_eV_A=0.0,
        max_stress_GPa=0.0, volume_change=0.0, provenance=provenance,
    )  # fmt: skip
    submitted.put("candidate", HOSTILE, "h", candidate)
    submitted.put("relax", HOSTILE, "h", relaxed)
    entry = submitted.entry
    spec = StageSpec(
        campaign=entry.name, revision=entry.revision, composition=HOSTILE, stage=stage, subject=HOSTILE,
        temperature_K=600.0 if "md" in stage else None,
    )  # fmt: skip
    launchpad.add_wf(Workflow([firework(spec, "hostile")]))
    before = set(entry.folder.parent.rglob("*"))
    launch_rocket(launchpad, FWorker(query={"spec.key": spec.key}), strm_lvl="CRITICAL")
    # The hull has nothing to do before the references are there, and writes no file; every other stage is refused.
    found = launchpad.fireworks.find_one({"spec.key": spec.key})["state"]
    assert found == ("COMPLETED" if stage == "hull" else "FIZZLED")
    assert set(entry.folder.parent.rglob("*")) == before
    assert not list(entry.folder.parents[3].glob("is-away*"))


@pytest.mark.parametrize("path", ["../../../../etc/hostname", "/etc/hostname"])
def test_a_result_that_names_a_file_elsewhere_is_refused(launchpad, submitted, path):
    """A trajectory's path in the database stays below the campaign's folder."""
    from ewald.errors import UserError
    from tests.workflows.store.document import Document
    from workflows.md.runs import segments_of

    document = {
        "index": 0, "path": path, "sha256": "0", "frames": 1, "steps": 1, "complete": True,
        "mean_temperature_K": 1.0, "energy_drift_meV_atom_ps": None, "core_seconds": 0.0, "ended": "complete",
        "warnings": [], "bytes": 1,
    }  # fmt: skip
    submitted.put("short_md_segment", "x_a1@600K#0000", "h", Document.from_document(document))
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


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (
            "campaign.engine",
            {"preset": "toy", "settings": {"calculator": "ase.calculators.vasp.Vasp", "arguments": {}}},
        ),
        ("campaign.engine", {"preset": "espresso", "settings": {"executable": "/bin/true", "pseudo_dir": "/"}}),
        ("campaign.engine", {"preset": "/nowhere/theirs.yaml", "settings": {}}),
        ("campaign.seed", 4711),
        ("base_dir", "/nowhere"),
    ],
)
def test_a_worker_runs_only_what_was_submitted(launchpad, submitted, field, value):
    """What is allowed in anybody's campaign file is refused when it was changed in the database afterwards."""
    launchpad.db.ionsieve_campaigns.update_many({}, {"$set": {field: value}})
    state, failure = launched(launchpad, submitted)
    assert state == "FIZZLED"
    assert "not those that were submitted" in failure.reason


def launched(launchpad, results):
    """State and failure of one reference phase, after a worker has taken it."""
    from fireworks import FWorker
    from fireworks.core.rocket_launcher import launch_rocket

    launch_rocket(launchpad, FWorker(query={"spec.key": "reference:Na2S"}), strm_lvl="CRITICAL")
    failures = results.failures()
    return launchpad.fireworks.find_one({"spec.key": "reference:Na2S"})["state"], failures[0] if failures else None


def test_a_campaign_that_was_only_written_to_the_database_is_refused(launchpad, submitted):
    shutil.rmtree(submitted.entry.folder / "submitted")
    state, failure = launched(launchpad, submitted)
    assert state == "FIZZLED"
    assert "not submitted from here" in failure.reason


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to act as another user")
def test_a_campaign_of_another_user_needs_trust(launchpad, submitted, monkeypatch):
    from workflows.campaign.submitted_settings import settings_path

    path = settings_path(submitted.entry)
    os.chown(path, NOBODY, NOBODY)
    state, failure = launched(launchpad, submitted)
    assert state == "FIZZLED"
    assert "another user" in failure.reason
    monkeypatch.setenv("IONSIEVE_TRUSTED_USERS", "nobody")
    launchpad.rerun_fw(launchpad.fireworks.find_one({"spec.key": "reference:Na2S"})["fw_id"])
    assert launched(launchpad, submitted) == ("COMPLETED", None)


def test_a_structure_in_the_database_cannot_have_anything_imported(tmp_path, monkeypatch):
    """pymatgen brings site properties to life by the class they name."""
    from pydantic import TypeAdapter
    from pymatgen.core import Lattice, Structure

    from screening.value import CrystalStructure

    (tmp_path / "intruder_module.py").write_text(f"open({str(tmp_path / 'was-here')!r}, 'w')")
    monkeypatch.syspath_prepend(tmp_path)
    evil = {"@module": "intruder_module", "@class": "Anything"}
    document = Structure(Lattice.cubic(3), ["Na"], [[0, 0, 0]], site_properties={"magmom": [1.0]}).as_dict()
    document["sites"][0]["properties"]["evil"] = [evil, {"deep": evil}]
    found = TypeAdapter(CrystalStructure).validate_python(document)
    assert found.site_properties["magmom"] == [1.0]
    assert not (tmp_path / "was-here").exists()


def test_a_file_of_entries_cannot_have_anything_imported(tmp_path, monkeypatch):
    import json

    from pymatgen.entries.computed_entries import ComputedEntry

    from screening.hull.entries import read_entries
    from tests.screening.hull.phases import PROVENANCE

    (tmp_path / "intruder_module.py").write_text(f"open({str(tmp_path / 'was-here')!r}, 'w')")
    monkeypatch.syspath_prepend(tmp_path)
    entry = ComputedEntry("NaCl", -1.0, data={"energy_key": PROVENANCE.energy_key}).as_dict()
    entry["data"]["evil"] = {"@module": "intruder_module", "@class": "Anything", "kept": 1}
    path = tmp_path / "entries.json"
    path.write_text(json.dumps([entry]))
    (read,) = read_entries(path, PROVENANCE).entries
    assert read.data["evil"] == {"kept": 1}
    assert not (tmp_path / "was-here").exists()


def test_a_pickled_trajectory_is_not_unpickled(tmp_path):
    """Old ASE trajectories were pickles; loading one runs whatever it says."""
    import pickle

    from ewald.errors import UserError
    from screening.trajectory.read import read_trajectory

    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "was-here"),)

    for name, head in (
        ("a.traj", b"PickleTrajectory"),
        ("b.trj", b"PickleTrajectory"),
        ("c.pckl", b""),
        ("d.npz", b""),
    ):
        path = tmp_path / name
        path.write_bytes(head + pickle.dumps(Evil()))
        with pytest.raises(UserError):
            read_trajectory(path, timestep_fs=1.0, every=1)
        assert not (tmp_path / "was-here").exists()


FORBIDDEN = (
    r"\byaml\.(load|full_load|unsafe_load)\b(?!.*Loader=yaml\.C?SafeLoader)",
    r"typ=.unsafe",
    r"\b(c?pickle|dill|joblib|marshal|shelve)\b.*\b(loads?|open)\b",
    r"^\s*(import|from) (pickle|dill|joblib|marshal|shelve)\b",
    r"allow_pickle=True",
    r"np\.load\((?!.*allow_pickle=False)",
    r"shell=True",
    r"os\.(system|popen)\(",
    r"cls=MontyDecoder",
    r"(?<![\w.])(eval|exec)\(",
    r"\b(loadfn|load_json_as)\(",
    r"\b__import__\(",
    r"\bos\.(exec|spawn)\w*\(",
    r"\.extract(all)?\(",
    r"\btorch\.load\((?!.*weights_only=True)",
)


#: Runs the cells of the project's own notebooks, which is what it is for.
RUNS_NOTEBOOKS = ("scripts/run_notebooks", "exec(compile(source, name")


def test_no_source_file_reads_or_runs_what_it_must_not():
    """No unsafe YAML, no pickle, no shell, no decoder that imports by name, in any file that is shipped."""
    import re

    packages = [path for name in ("ewald", "screening", "workflows") for path in (ROOT / name).rglob("*.py")]
    others = [path for name in ("examples", "docs/_ext") for path in (ROOT / name).rglob("*.py")]
    scripts = [path for name in ("scripts", "benchmarks") for path in (ROOT / name).iterdir() if path.is_file()]
    assert len(packages) > 250
    assert len(scripts) > 20
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in sorted([*packages, *others, *scripts])
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if any(re.search(pattern, line) for pattern in FORBIDDEN)
    ]
    place, call = RUNS_NOTEBOOKS
    found = [line for line in found if not (line.startswith(f"{place}:") and call in line)]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "yaml.load(text)",
        "yaml.load(text, Loader=yaml.Loader)",
        "import pickle",
        "pickle.loads(content)",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "subprocess.run(command, shell=True)",
        "os.system(command)",
        "json.loads(text, cls=MontyDecoder)",
        "eval(text)",
        "archive.extractall(folder)",
        "torch.load(path)",
    ],
)
def test_the_search_for_what_must_not_be_finds_it(line):
    import re

    assert any(re.search(pattern, line) for pattern in FORBIDDEN)


VISITOR = """
import sys, urllib.error, urllib.request
for path in sys.argv[2:]:
    try:
        print(urllib.request.urlopen(sys.argv[1] + path, timeout=60).status)
    except urllib.error.HTTPError as error:
        print(error.code, "token" in error.read().decode())
"""


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to act as another user")
def test_another_user_sees_nothing_of_the_dashboard(launchpad, submitted):
    """On a login node every user reaches a loopback port; the token, which only the owner sees, is what counts."""
    import queue
    import threading

    from workflows.dashboard.server import serve

    said = queue.Queue()
    server = threading.Thread(target=serve, args=(launchpad, submitted), kwargs={"announce": said.put}, daemon=True)
    server.start()
    address = said.get(timeout=60)
    root, _, rest = address.partition("/campaign/")
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable
    paths = ["/", "/campaign/", "/campaign/live", "/campaign/report", "/fw/1", "/campaign/?token=guess"]
    done = subprocess.run(
        [python, "-c", VISITOR, root, *paths],
        user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, text=True, check=False, cwd="/",
    )  # fmt: skip
    assert done.stdout.splitlines() == ["403 True"] * len(paths), done.stderr
    port = int(root.rsplit(":", 1)[1])
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:] + Path("/proc/net/tcp6").read_text().splitlines()[1:]
    listening = [
        line.split()[1] for line in lines if line.split()[3] == "0A" and line.split()[1].endswith(f":{port:04X}")
    ]
    assert listening == [f"0100007F:{port:04X}"]
    assert rest.startswith("?token=")


SECRET = "sesame-91f3c7"


@pytest.mark.parametrize(
    "content",
    [
        {"host": f"mongodb://me:{SECRET}@127.0.0.1:1/x", "uri_mode": True},
        {"host": f"mongodb://me:{SECRET}@@127.0.0.1:1/x", "uri_mode": True},
        {"host": f"mongodb://me:{SECRET}@127.0.0.1:port/x", "uri_mode": True},
        {"host": f"mongodb://me:{SECRET}%zz@127.0.0.1:1/x", "uri_mode": True},
        {"host": f"mongodb://me:{SECRET}@127.0.0.1:1/x?authMechanism=nonesuch", "uri_mode": True},
        {"host": f"mongodb+srv://me:{SECRET}@nowhere.invalid/x", "uri_mode": True},
        {"host": f"http://me:{SECRET}@127.0.0.1/", "uri_mode": True},
        {"host": "127.0.0.1", "port": 1, "username": "me", "password": SECRET, "authsource": "admin"},
        {"host": "127.0.0.1", "port": f"1{SECRET}", "username": "me", "password": SECRET},
    ],
)
def test_no_way_to_fail_repeats_a_password(content):
    """Neither the line for the user nor the traceback that a bug report would hold."""
    import traceback

    from ewald.errors import UserError
    from workflows.launchpad import connect

    with pytest.raises(UserError) as caught:
        connect(content | {"name": "x"}, timeout_s=0.3)
    assert "\n" not in str(caught.value)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
