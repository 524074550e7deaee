"""FireWorks' LaunchPad, crash-safe where FireWorks' own is not."""

import datetime as dt
import functools
import json
import sys
from pathlib import Path
from typing import Any, ClassVar

from fireworks import LaunchPad
from fireworks.core.firework import Firework, Workflow
from fireworks.core.launchpad import LockedWorkflowError
from pymongo.errors import AutoReconnect, ConnectionFailure, PyMongoError

from workflows.launchpad.allowed import refuse_foreign_keys
from workflows.launchpad.heartbeat import note_submitter, with_owner
from workflows.launchpad.limits import CLAIM, full_groups, over_limit
from workflows.launchpad.lock import OrphanError, OwnedLock
from workflows.launchpad.queries import URGENT
from workflows.offline.journal import collect_results, is_collected
from workflows.process.job_time import time_is_up
from workflows.process.slurm import Submitter, submitter_here
from workflows.store.store import Store


class CampaignLaunchPad(LaunchPad):
    """A LaunchPad that survives kills at any line and refuses documents that are not IonSieve's.

    It reads and writes the same documents as FireWorks' own class, so that `lpad`, `rlaunch`, `qlaunch` and the
    dashboard work on the same database.

    Attributes
    ----------
    running_leads_to_more
        Whether to expect more work of what runs now: a screen adds relaxations, a verdict adds MD. For those who send
        jobs to a queue; a job itself must not wait for others.
    stop_asked
        Whether this process shall take no further work; set by the stage that was told to end, for FireWorks gives a
        task no other way to tell the loop that runs it.
    ends_when_told
        Whether the process then ends: FireWorks' loop with `--nlaunches` would sleep and ask again for ever.
    settings
        The values of the `my_launchpad.yaml` that it was opened with.
    """

    running_leads_to_more = False
    stop_asked = False
    ends_when_told = False
    settings: ClassVar[dict[str, Any]] = {}
    _told_of: ClassVar[set[tuple[str, str]]] = set()

    def checkout_fw(  # noqa: PLR0917 - as FireWorks calls it
        self,
        fworker: Any,
        launch_dir: str,
        fw_id: int | None = None,
        host: str | None = None,
        ip: str | None = None,
        state: str = "RUNNING",
    ) -> Any:
        """Take a Firework, and have its launch say from the first moment which process runs it."""
        known = with_owner(fworker) if state == "RUNNING" else fworker
        return super().checkout_fw(known, launch_dir, fw_id=fw_id, host=host, ip=ip, state=state)

    def _get_a_fw_to_run(
        self, query: dict[str, Any] | None = None, fw_id: int | None = None, checkout: bool = True
    ) -> Firework | None:
        """Return the most urgent Firework that is ready; those that ask for anything foreign are put aside."""
        if fw_id and checkout and self._given_back(fw_id):
            return None
        while True:
            wanted = {"fw_id": fw_id, "state": {"$in": ["READY", "RESERVED"]}} if fw_id else self._ready(query)
            if checkout:
                change = {"$set": {"state": "RESERVED", "updated_on": dt.datetime.now(dt.UTC)}}
                document = self.fireworks.find_one_and_update(wanted, change | CLAIM, sort=URGENT)
            else:
                document = self.fireworks.find_one(wanted, {"fw_id": 1, "spec": 1}, sort=URGENT)
            if document is None:
                return None
            if checkout and not fw_id and over_limit(self, document):
                self.fireworks.update_one(
                    {"fw_id": document["fw_id"], "state": "RESERVED"}, {"$set": {"state": "READY"}}
                )
                continue
            try:
                refuse_foreign_keys(document)
                return self.get_fw_by_id(document["fw_id"])
            except PyMongoError:
                raise
            except Exception as error:
                self._put_aside(document["fw_id"], f"{type(error).__name__}: {error}")

    def _given_back(self, fw_id: int) -> bool:
        """Whether a Firework's campaign is closed to this process; what was reserved for a job is then READY again."""
        document = self.fireworks.find_one({"fw_id": fw_id}, {"spec.campaign": 1, "spec.revision": 1}) or {}
        spec = document.get("spec", {})
        for name, revision, reason in Store(self.db).closed():
            if (name, revision) == (spec.get("campaign"), spec.get("revision")):
                sys.stderr.write(f"campaign {name}, revision {revision}, {reason}: Firework {fw_id} is released\n")
                for launch in self.launches.find({"fw_id": fw_id, "state": "RESERVED"}, {"launch_id": 1}):
                    self.cancel_reservation(launch["launch_id"])
                return True
        return False

    def _ready(self, query: dict[str, Any] | None) -> dict[str, Any]:
        """Return the query for what this process may take: IonSieve's own work, of campaigns that are open to it.

        Others' workflows in the same database, campaigns that another release of IonSieve works on, and revisions that
        somebody stopped are left as they are, and so is work of which as much as the campaign allows is running.
        """
        conditions = [{k: v for k, v in (query or {}).items() if k != "state"}, {"spec.campaign": {"$exists": True}}]
        conditions += full_groups(self)
        closed: dict[str, list[str]] = {}
        for name, revision, reason in Store(self.db).closed():
            closed.setdefault(name, []).append(revision)
            if (name, revision) not in self._told_of:
                self._told_of.add((name, revision))
                sys.stderr.write(f"campaign {name}, revision {revision}, {reason}: its work is left alone\n")
        # One condition for each campaign: a database may hold hundreds of revisions that were stopped long ago.
        conditions += [{"$nor": [{"spec.campaign": n, "spec.revision": {"$in": r}}]} for n, r in closed.items()]
        return {"$and": conditions, "state": "READY"}

    def run_exists(self, fworker: Any = None) -> bool:
        """Whether something is ready to run; never for a process that was asked to end, or whose job is about to."""
        if self.stop_asked or time_is_up():
            if self.ends_when_told:
                sys.exit(0)
            return False
        return bool(super().run_exists(fworker))

    def future_run_exists(self, fworker: Any = None) -> bool:
        """Whether something is or will be ready to run, with the same exception."""
        if self.stop_asked or time_is_up():
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
        state = _offline_state(Path(launch["launch_dir"]))
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
        collect_results(results)
        stored = state.get("fwaction", {}).get("stored_data", {})
        if state.get("state") == "COMPLETED" and not is_collected(results, str(stored.get("journal", ""))):
            self.forget_offline(launch_id)
            self.rerun_fw(launch["fw_id"])
            return int(launch["fw_id"])
        failed: int | None = super().recover_offline(launch_id, ignore_errors, print_errors)
        return failed

    def set_reservation_id(self, launch_id: int, reservation_id: int) -> None:
        """Note the number of the queue job that a Firework was reserved for, and whose job it is."""
        super().set_reservation_id(launch_id, reservation_id)
        note_submitter(self, launch_id, self._submitter)

    @functools.cached_property
    def _submitter(self) -> Submitter:
        """User and cluster: the same for every job that a process submits."""
        return submitter_here()

    def complete_launch(self, launch_id: int, action: Any = None, state: str = "COMPLETED") -> Any:
        """Write down how a launch ended, unless the database was away or a person stopped it: that is no outcome.

        FireWorks would note such a run as failed, and what follows would go on without its result. It is left as
        running instead; whoever runs it gives it back, or recovery does, and a result that is there is found at once.
        """
        cause = sys.exc_info()[1] if state == "FIZZLED" else None
        while cause is not None:
            if isinstance(cause, (KeyboardInterrupt, SystemExit)):
                raise cause
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
            with OwnedLock(self, fw_id):
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
            raise OrphanError(f"Firework {known} belongs to no workflow")
        self._upsert_fws(updated)


def _offline_state(launch_dir: Path) -> dict[str, Any] | None:
    """Return what an offline run has written about itself; None when there is nothing, or only half of it yet."""
    try:
        state = json.loads((launch_dir / "FW_offline.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return state if isinstance(state, dict) else None
