"""What all Firetasks share: find the campaign, retry what fails, note failures with a reason, go on in a next job."""

import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from fireworks import FiretaskBase, FWAction, LaunchPad, Workflow

from ewald.errors import IonSieveError, UserError
from screening.arrangements.candidate import Candidate, candidate_id
from screening.decision import Decision, Stage, Verdict
from workflows.builders.firework import firework
from workflows.builders.resources import engine_name, equip
from workflows.campaign.submitted_settings import check_settings
from workflows.engines.cache import engine_of
from workflows.engines.engine import Engine
from workflows.engines.errors import FailureReason
from workflows.firetasks.disk_space import says_full, with_disk_space
from workflows.launchpad.heartbeat import Heartbeat
from workflows.launchpad.launchpad import CampaignLaunchPad
from workflows.launchpad.queries import fireworks_of
from workflows.loop.choose import advance, place
from workflows.offline.inputs import read_inputs
from workflows.offline.journal import OfflineResults, collect_results
from workflows.process.job_time import time_is_up
from workflows.spec import StageSpec
from workflows.store.entry import CampaignEntry, Failure, OtherVersionError
from workflows.store.results import CampaignResults, Results
from workflows.store.store import Store

#: Stages after which a campaign that chooses looks at what to compute next.
_DECIDING = ("hull", "short_md_look", "long_md_look")
#: Jobs that may continue one another before work that never ends is given up.
MAX_CONTINUATIONS = 100


class StageFailedError(IonSieveError):
    """A stage failed for good; the message is the reason."""


@dataclass(frozen=True)
class StageContext:
    """Everything a stage works with.

    Attributes
    ----------
    launchpad
        None on a compute node without database (offline mode).
    started
        When this attempt began, by the monotonic clock.
    """

    spec: StageSpec
    entry: CampaignEntry
    results: Results
    launchpad: LaunchPad | None
    started: float

    @property
    def folder(self) -> Path:
        """The campaign's folder."""
        return self.entry.folder

    @functools.cached_property
    def engine(self) -> Engine:
        """The engine of this stage; of a stage that judges energies, the one that they come from."""
        campaign = self.entry.campaign
        return engine_of(campaign.all_engines[engine_name(campaign, self.spec)], self.entry.base_dir)

    @property
    def campaign_results(self) -> CampaignResults:
        """The results in the database, for the stages that need more than one document of it.

        Raises
        ------
        UserError
            When the database is out of reach.
        """
        if not isinstance(self.results, CampaignResults):
            raise UserError("this stage needs the database and cannot run offline", value=self.spec.key)
        return self.results

    @property
    def seconds(self) -> float:
        """Time spent on this stage so far."""
        return time.monotonic() - self.started

    def take_no_more_work(self) -> None:
        """Have the worker that runs this stage end after it: its process was asked to."""
        if isinstance(self.launchpad, CampaignLaunchPad):
            self.launchpad.stop_asked = True

    def note_full_disk(self, error: Exception) -> None:
        """Note that the stage waits for disk space; `ionsieve run` and `ionsieve status` show it."""
        spec = self.spec
        self.results.fail(
            Failure(spec.key, spec.subject, spec.stage, str(FailureReason.DISK_FULL), reason_of(error), 0)
        )

    def candidates_of(self, composition_id: str) -> list[Candidate]:
        """Return the candidates of a composition by rank; never those of all, whose number grows with the campaign."""
        prefix = candidate_id(composition_id, "")
        found = self.campaign_results.all(Candidate, "candidate", prefix=prefix, composition_id=composition_id)
        return sorted(found.values(), key=lambda candidate: candidate.rank)

    def withdrawn(self) -> Decision | None:
        """Return the decision of an earlier stage by which the candidate no longer goes on; None when it does.

        A hull that was taken again over other arrangements may send on another one than before. On a node without
        database nobody can look, and the candidate goes on.
        """
        if not isinstance(self.results, CampaignResults):
            return None
        earlier = (Stage.HULL, Stage.SHORT_MD) if self.spec.stage.startswith("long_md") else (Stage.HULL,)
        decisions = [self.results.decision(str(stage), self.spec.subject) for stage in earlier]
        return next((d for d in decisions if d is not None and d.verdict is Verdict.FAIL and not d.audited), None)

    def missing(self, workflows: Sequence[Workflow]) -> list[Workflow]:
        """Return those workflows whose first Firework is not in the database yet, equipped with their engines' needs.

        A stage that runs again after a kill or a rerun finds the Fireworks that it added before; adding them twice
        would do the work twice. Offline nobody can look.
        """
        workflows = [equip(workflow, self.entry.campaign) for workflow in workflows]
        if self.launchpad is None:
            return workflows
        place(workflows, self.campaign_results)
        keys = [workflow.fws[0].spec["key"] for workflow in workflows]
        query = fireworks_of(self.entry, key={"$in": keys})
        rows = self.launchpad.fireworks.find(query, {"fw_id": 1, "spec.key": 1})
        linked = {row["spec"]["key"] for row in rows if self.launchpad.workflows.find_one({"nodes": row["fw_id"]})}
        return [workflow for workflow, key in zip(workflows, keys, strict=True) if key not in linked]


class StageTask(FiretaskBase):
    """Base of the Firetasks: :meth:`run_stage` does the work of one stage.

    Every stage may run twice: it looks up its result first, and writes it under a key that holds one result.
    """

    required_params: ClassVar[list[str]] = []
    optional_params: ClassVar[list[str]] = []

    def run_stage(self, context: StageContext) -> FWAction:
        """Do the work; returns what follows."""
        raise NotImplementedError

    def run_task(self, fw_spec: dict[str, Any]) -> FWAction:
        """Run the stage, once more after a failure up to `execution.max_reruns` times; FireWorks calls this."""
        spec = StageSpec.from_fw_spec(fw_spec)
        if self.launchpad is None:
            return self._run_offline(spec, OfflineResults(read_inputs(fw_spec)))
        store = Store(self.launchpad.db)
        try:
            results = store.results(store.campaign(spec.campaign, spec.revision))
        except OtherVersionError as error:
            # Another release took the campaign over just now: recovery finds the run as one whose process ended.
            raise SystemExit(str(error)) from error
        with Heartbeat(self.launchpad, getattr(self, "fw_id", None)):
            collect_results(results)
            check = functools.partial(store.require_version, spec.campaign, spec.revision)
            action = self._run_attempts(spec, results, check)
            if spec.stage in _DECIDING:
                advance(results, self.launchpad)
            return action

    def _run_offline(self, spec: StageSpec, results: OfflineResults) -> FWAction:
        """Run the stage without a database; what it would write there goes to a file, also when it fails."""
        try:
            action = self._run_attempts(spec, results, lambda: None)
        finally:
            journal = results.write(spec.key)
        action.stored_data["journal"] = journal.name
        return action

    def _run_attempts(self, spec: StageSpec, results: Results, check: Callable[[], None]) -> FWAction:
        entry = results.entry
        attempts = 1 + entry.campaign.execution.max_reruns
        for attempt in range(1, attempts + 1):
            context = StageContext(spec, entry, results, self.launchpad, time.monotonic())
            try:
                check()
                check_settings(entry)
                action = with_disk_space(
                    entry.folder, functools.partial(self.run_stage, context), context.note_full_disk
                )
            except (KeyboardInterrupt, SystemExit):
                # Ctrl-C, or the exit that FireWorks makes of it, is neither an outcome nor a failure.
                if spec.attempt >= MAX_CONTINUATIONS:
                    raise
                results.clear_failure(spec.key)
                return self._continued(context, str(FailureReason.STOPPED))
            except Exception as error:
                if _was_interrupted(error) and spec.attempt < MAX_CONTINUATIONS:
                    results.clear_failure(spec.key)
                    return self._continued(context, kind_of(error))
                final = attempt == attempts or not worth_repeating(error)
                results.fail(Failure(spec.key, spec.subject, spec.stage, kind_of(error), reason_of(error), attempt))
                if final:
                    raise StageFailedError(f"{spec.key}: {reason_of(error)}") from error
            else:
                results.clear_failure(spec.key)
                return action
        raise AssertionError("a stage ends by returning or raising")

    def _continued(self, context: StageContext, kind: str) -> FWAction:
        """Leave the rest to a next job: this one was told to end, which is nobody's failure."""
        context.take_no_more_work()
        spec = context.spec.model_copy(update={"attempt": context.spec.attempt + 1})
        name = f"{spec.stage} {spec.subject} continued ({spec.attempt})"
        rest = Workflow([firework(spec, name)], name=name)
        return FWAction(stored_data={"ended": kind}, detours=context.missing([rest]))


def _was_interrupted(error: Exception) -> bool:
    """Whether work ended because its job was told to end, not because of itself."""
    kind = kind_of(error)
    return kind == FailureReason.STOPPED or (kind in (FailureReason.WALLTIME, FailureReason.DISK_FULL) and time_is_up())


def worth_repeating(error: Exception) -> bool:
    """Whether the same work may succeed at once: not when the input is wrong."""
    return not isinstance(error, UserError)


def kind_of(error: BaseException) -> str:
    """Return the group that a failure belongs to: an engine's own reason, the kind of a system error, or a class."""
    if isinstance(error, IonSieveError) and error.reason is not None:
        return str(error.reason)
    if says_full(error):
        return str(FailureReason.DISK_FULL)
    return "out-of-memory" if isinstance(error, MemoryError) else type(error).__name__


def reason_of(error: BaseException) -> str:
    """Return a failure's reason as one line of bounded length."""
    return " ".join((str(error) or type(error).__name__).split())[:500]
