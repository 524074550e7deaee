"""FireWorks' LaunchPad for a campaign: which database, guarded, and crash-safe where FireWorks' own is not."""

import contextlib
import datetime as dt
import json
import re
import sys
from pathlib import Path
from typing import Any

from fireworks import LaunchPad
from fireworks.core.firework import Firework, Workflow
from fireworks.core.launchpad import LockedWorkflowError
from pymongo.errors import AutoReconnect, ConnectionFailure, PyMongoError

from ewald.errors import UserError
from screening.campaign.execution import DatabaseChoice
from workflows import guard
from workflows.database.launchpad_file import (
    FILE_NAME,
    default_launchpad_file,
    read_launchpad_file,
    write_launchpad_file,
)
from workflows.database.server import PrivateServer
from workflows.engines.job_time import time_is_up
from workflows.offline.journal import bring_home, is_home
from workflows.stopping import stop_was_asked
from workflows.store import Store

CONNECT_TIMEOUT_S = 10.0
RIDE_OUT_S = 120.0

#: A write counts when it is in the server's journal, so that a server which is killed forgets nothing that others went
#: on from. And pymongo repeats no write of its own accord: after a broken connection it would repeat the last of a row
#: whose first ones the server has forgotten, or number it, which a single server refuses for good.
SAFE_WRITES = {"journal": True, "retryWrites": False}

#: Keys of a spec that FireWorks itself acts on and that IonSieve's Fireworks may carry. Others could make a worker
#: copy files, change folders or run tasks in the background.
ALLOWED_SPEC_KEYS = frozenset(
    {
        "_tasks",
        "_category",
        "_priority",
        "_fworker",
        "_allow_fizzled_parents",
        "_fizzled_parents",
        "_add_launchpad_and_fw_id",
        "_exception_details",
        "_queueadapter",
    }
)
#: What a Firework may ask of its queue job; anything else (the lines before the rocket) would be a way to run programs.
QUEUE_KEYS = frozenset(
    {
        "nodes",
        "ntasks",
        "ntasks_per_node",
        "cpus_per_task",
        "gpus",
        "gpus_per_node",
        "gpus_per_task",
        "gres",
        "constraint",
        "mem",
        "mem_per_cpu",
        "qos",
        "queue",
        "account",
        "walltime",
        "nnodes",
        "ppnode",
        "pmem",
    }
)
_QUEUE_VALUE = re.compile(r"[\w.:=,@&+\-]*\Z")


class CampaignLaunchPad(LaunchPad):
    """A LaunchPad that survives kills at any line and refuses documents that are not IonSieve's.

    It reads and writes the same documents as FireWorks' own class, so that `lpad`, `rlaunch`, `qlaunch` and the
    dashboard work on the same database.

    Attributes
    ----------
    running_leads_to_more
        Whether to expect more work of what runs now: a screen adds relaxations, a verdict adds MD. For those who send
        jobs to a queue; a job itself must not wait for others.
    """

    running_leads_to_more = False

    def _get_a_fw_to_run(
        self, query: dict[str, Any] | None = None, fw_id: int | None = None, checkout: bool = True
    ) -> Firework | None:
        """Return the most urgent Firework that is ready; those that ask for anything foreign are put aside."""
        wanted = (
            {"fw_id": fw_id, "state": {"$in": ["READY", "RESERVED"]}} if fw_id else {**(query or {}), "state": "READY"}
        )
        urgent = [("spec._priority", -1), ("fw_id", 1)]
        while True:
            if checkout:
                change = {"$set": {"state": "RESERVED", "updated_on": dt.datetime.now(dt.UTC)}}
                document = self.fireworks.find_one_and_update(wanted, change, sort=urgent)
            else:
                document = self.fireworks.find_one(wanted, {"fw_id": 1, "spec": 1}, sort=urgent)
            if document is None:
                return None
            try:
                refuse_foreign_keys(document)
                return self.get_fw_by_id(document["fw_id"])
            except PyMongoError:
                raise
            except Exception as error:
                self._put_aside(document["fw_id"], f"{type(error).__name__}: {error}")

    def run_exists(self, fworker: Any = None) -> bool:
        """Whether something is ready to run; never for a process that was asked to end, or whose job is about to."""
        return not (stop_was_asked() or time_is_up()) and bool(super().run_exists(fworker))

    def future_run_exists(self, fworker: Any = None) -> bool:
        """Whether something is or will be ready to run, with the same exception."""
        if stop_was_asked() or time_is_up():
            return False
        running = {"state": {"$in": ["RUNNING", "RESERVED"]}}
        if self.running_leads_to_more and self.fireworks.find_one(running, {"_id": 1}) is not None:
            return True
        return bool(super().future_run_exists(fworker))

    def recover_offline(self, launch_id: int, ignore_errors: bool = False, print_errors: bool = False) -> int | None:
        """Take over the state of an offline run, its results first; a run whose results are lost is done again.

        Returns
        -------
        int or None
            The Firework, when its files could not be read.
        """
        launch = self.launches.find_one({"launch_id": launch_id}, {"fw_id": 1, "launch_dir": 1})
        state = offline_state(Path(launch["launch_dir"]))
        if state is None:
            return int(launch["fw_id"])
        if "started_on" not in state:
            # FireWorks would call it running while its job still waits in the queue.
            return None
        document = self.fireworks.find_one({"fw_id": launch["fw_id"]}, {"spec.campaign": 1, "spec.revision": 1})
        if "revision" not in document["spec"]:
            # Somebody else's work in the same database.
            foreign: int | None = super().recover_offline(launch_id, ignore_errors, print_errors)
            return foreign
        store = Store(self.db)
        results = store.results(store.campaign(document["spec"]["campaign"], document["spec"]["revision"]))
        bring_home(results)
        stored = state.get("fwaction", {}).get("stored_data", {})
        if state.get("state") == "COMPLETED" and not is_home(results, str(stored.get("journal", ""))):
            self.forget_offline(launch_id)
            self.rerun_fw(launch["fw_id"])
            return int(launch["fw_id"])
        failed: int | None = super().recover_offline(launch_id, ignore_errors, print_errors)
        return failed

    def complete_launch(self, launch_id: int, action: Any = None, state: str = "COMPLETED") -> Any:
        """Write down how a launch ended, unless it ended because the database was away: that is not its outcome.

        FireWorks would note such a run as failed as soon as the database is back, and what follows would go on without
        its result. It is left as running instead; whoever runs it gives it back, and its result is found at once.
        """
        cause = sys.exc_info()[1] if state == "FIZZLED" else None
        while cause is not None:
            if isinstance(cause, ConnectionFailure):
                raise AutoReconnect("the database went away during the run") from cause
            cause = cause.__cause__
        return super().complete_launch(launch_id, action, state)

    def _refresh_wf(self, fw_id: int) -> None:
        """Bring the states of a workflow up to date; a database that goes away meanwhile fails none of its Fireworks.

        FireWorks would wait for the database to come back, only to note the Firework as failed, and those that accept
        failed parents would go on without its result. The states are left half-written instead; whoever runs the
        Firework gives it back, and `recover` completes the others.

        Raises
        ------
        PyMongoError
            When the database went away.
        RuntimeError
            When the documents make no sense; the Firework is then noted as failed.
        """
        try:
            with guard.OwnedLock(self, fw_id):
                workflow = self.get_wf_by_fw_id_lzyfw(fw_id)
                self._update_wf(workflow, workflow.refresh(fw_id))
        except LockedWorkflowError:
            self.m_logger.info("the workflow of Firework %s stays locked by another process", fw_id)
        except PyMongoError:
            raise
        except Exception as error:
            failed = {"state": "FIZZLED", f"fw_states.{fw_id}": "FIZZLED"}
            self.fireworks.update_one({"fw_id": fw_id}, {"$set": {"state": "FIZZLED"}})
            self.workflows.update_one({"nodes": fw_id}, {"$set": failed})
            raise RuntimeError(f"the states of Firework {fw_id} could not be written: {error!r}") from error

    def rerun_fw(self, fw_id: int, *arguments: Any, **options: Any) -> list[int]:
        """Have a Firework done again with all that follow it; a follower that was paused stays paused.

        FireWorks would set it to WAITING, and a hull would then not wait for the reference phases any more.
        """
        workflow = self.workflows.find_one({"nodes": fw_id}, {"nodes": 1}) or {"nodes": []}
        query = {"fw_id": {"$in": [node for node in workflow["nodes"] if node != fw_id]}, "state": "PAUSED"}
        paused = [row["fw_id"] for row in self.fireworks.find(query, {"fw_id": 1})]
        done: list[int] = super().rerun_fw(fw_id, *arguments, **options)
        for follower in paused:
            change = {"fw_id": follower, "state": "WAITING"}
            if self.fireworks.update_one(change, {"$set": {"state": "PAUSED"}}).modified_count:
                self.workflows.update_one({"nodes": follower}, {"$set": {f"fw_states.{follower}": "PAUSED"}})
        return done

    def _put_aside(self, fw_id: int, reason: str) -> None:
        """Defuse a Firework that may not or cannot run here, with the reason in its spec."""
        self.m_logger.error("Firework %s was put aside: %s", fw_id, reason)
        details = {"_message": "refused by IonSieve", "_stacktrace": reason}
        self.fireworks.update_one({"fw_id": fw_id}, {"$set": {"state": "DEFUSED", "spec._exception_details": details}})
        self.workflows.update_one({"nodes": fw_id}, {"$set": {f"fw_states.{fw_id}": "DEFUSED", "state": "DEFUSED"}})

    def add_wf(self, wf: Workflow | Firework, reassign_all: bool = True) -> dict[int, int]:
        """Add a workflow so that a kill half-way leaves nothing that runs: its roots become READY last.

        Raises
        ------
        DuplicateKeyError
            When a workflow of the same `metadata.key` is there already; nothing is added then.
        """
        from pymongo.errors import DuplicateKeyError

        workflow = Workflow.from_firework(wf) if isinstance(wf, Firework) else wf
        old_new = self._upsert_fws(list(workflow.id_fw.values()), reassign_all=reassign_all)
        workflow._reassign_ids(old_new)
        try:
            self.workflows.insert_one(workflow.to_db_dict())
        except DuplicateKeyError:
            self.fireworks.delete_many({"fw_id": {"$in": list(workflow.id_fw)}})
            raise
        for fw_id in workflow.root_fw_ids:
            self._refresh_wf(fw_id)
        return dict(old_new)

    def _update_wf(self, wf: Workflow, updated_ids: list[int]) -> None:
        """Write a changed workflow so that a kill between two writes leaves nothing that runs by mistake.

        New Fireworks are first written as WAITING, which nobody picks up; then the workflow's document, which is
        the point of no return; then the states. What a kill leaves undone, `recover` completes.
        """
        updated = [wf.id_fw[fw_id] for fw_id in updated_ids]
        states = {id(firework): firework.state for firework in updated}
        fresh = [firework for firework in updated if firework.fw_id < 0]
        for firework in fresh:
            if firework.state != "PAUSED":
                firework.state = "WAITING"
        old_new = self._upsert_fws(fresh)
        wf._reassign_ids(old_new)
        for firework in fresh:
            firework.state = states[id(firework)]
        known = next(fw_id for fw_id in wf.id_fw if fw_id not in old_new.values())
        document = wf.to_db_dict()
        # $set leaves the lock and its owner in place.
        if self.workflows.update_one({"nodes": known}, {"$set": document}).matched_count == 0:
            raise guard.OrphanError(f"Firework {known} belongs to no workflow")
        self._upsert_fws(updated)


def offline_state(launch_dir: Path) -> dict[str, Any] | None:
    """Return what an offline run has written about itself; None when there is nothing, or only half of it yet."""
    try:
        state = json.loads((launch_dir / "FW_offline.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return state if isinstance(state, dict) else None


def refuse_foreign_keys(document: dict[str, Any]) -> None:
    """Check that a Firework's spec steers FireWorks only in ways that IonSieve itself uses.

    Raises
    ------
    RefusedTaskError
        When it has another key that FireWorks acts on.
    """
    for key in document.get("spec", {}):
        if key.startswith("_") and key not in ALLOWED_SPEC_KEYS:
            raise guard.RefusedTaskError(f"its spec has {key}, which IonSieve never sets")
    asked = document.get("spec", {}).get("_queueadapter", {})
    for key, value in asked.items():
        if key not in QUEUE_KEYS or not _QUEUE_VALUE.match(str(value)):
            raise guard.RefusedTaskError(f"its _queueadapter has {key} = {value!r}, which a Firework may not set")


def open_launchpad(
    choice: DatabaseChoice, folder: Path, *, start: bool = True, timeout_s: float = RIDE_OUT_S
) -> LaunchPad:
    """Return the LaunchPad of a campaign, starting its private server where it is configured for one.

    Parameters
    ----------
    choice
        Which database.
    folder
        The campaign's folder, which holds the private server.
    start
        Start the private server when it does not run.
    timeout_s
        How long later operations wait for a database that went away.

    Raises
    ------
    UserError
        When the database cannot be reached; the line never repeats a password.
    """
    guard.install()
    if choice.mode == "private":
        content = _private(choice, folder, start=start)
    else:
        path = Path(choice.launchpad_file).expanduser() if choice.launchpad_file else default_launchpad_file()
        content = read_launchpad_file(path)
    return connect(content, timeout_s=timeout_s)


def private_server(folder: Path) -> PrivateServer:
    """Return the private server of a campaign's folder."""
    return PrivateServer(folder / "database")


def _private(choice: DatabaseChoice, folder: Path, *, start: bool) -> dict[str, Any]:
    server = private_server(folder)
    status = server.start() if start else server.status()
    if not status.running:
        raise UserError("the campaign's private database does not run", file=folder, mend="ionsieve db start")
    return read_launchpad_file(write_launchpad_file(folder / FILE_NAME, status, choice.name))


def connect_private(server: PrivateServer, file: Path, name: str) -> LaunchPad:
    """Start a private server unless it runs, write its connection file and connect."""
    return connect(read_launchpad_file(write_launchpad_file(file, server.start(), name)))


def connect(content: dict[str, Any], *, timeout_s: float = RIDE_OUT_S) -> LaunchPad:
    """Connect with the values of a `my_launchpad.yaml`.

    What stands in `host` or `mongoclient_kwargs` comes before :data:`SAFE_WRITES`: replica sets may want `retryWrites`.

    Raises
    ------
    UserError
        When the server does not answer within ten seconds.
    """
    from pymongo.errors import ConfigurationError, OperationFailure

    guard.install()
    options = dict(content.get("mongoclient_kwargs") or {})
    options.setdefault("serverSelectionTimeoutMS", int(1000 * timeout_s))
    given = str(content.get("host", "")).lower()
    for name, value in SAFE_WRITES.items():
        if f"{name.lower()}=" not in given:
            options.setdefault(name, value)
    arguments = {
        key: content.get(key)
        for key in ("host", "port", "name", "username", "password", "logdir", "authsource")
        if content.get(key) is not None
    }
    try:
        launchpad = CampaignLaunchPad(
            **arguments, uri_mode=bool(content.get("uri_mode")), strm_lvl="ERROR", mongoclient_kwargs=options
        )
        _ping(launchpad, options)
    except (ConfigurationError, OperationFailure, ValueError, TypeError) as error:
        raise UserError(
            f"the database refuses the connection: {error.__class__.__name__}", mend="check my_launchpad.yaml"
        ) from None
    except PyMongoError:
        raise UserError(
            "the database does not answer", mend="start it, or mend the host in my_launchpad.yaml"
        ) from None
    return launchpad


def _ping(launchpad: LaunchPad, options: dict[str, Any]) -> None:
    import pymongo

    with pymongo.timeout(min(CONNECT_TIMEOUT_S, options["serverSelectionTimeoutMS"] / 1000)):
        launchpad.db.command("ping")


def prepare(launchpad: LaunchPad) -> None:
    """Make FireWorks' counters and indexes on a new database; nothing that is there is touched."""
    from pymongo.errors import DuplicateKeyError

    if launchpad.fw_id_assigner.find_one({"_id": -1}, {"_id": 1}) is None:
        # Another process may prepare the same database at this moment.
        with contextlib.suppress(DuplicateKeyError):
            launchpad.fw_id_assigner.insert_one({"_id": -1, "next_fw_id": 1, "next_launch_id": 1})
    if "spec.campaign_1_spec.revision_1_state_1" not in launchpad.fireworks.index_information():
        launchpad.tuneup()
        launchpad.fireworks.create_index([("spec.campaign", 1), ("spec.revision", 1), ("state", 1)])
        launchpad.fireworks.create_index([("spec.campaign", 1), ("spec.revision", 1), ("spec.key", 1)])
        launchpad.workflows.create_index(
            "metadata.key", unique=True, partialFilterExpression={"metadata.key": {"$exists": True}}
        )
