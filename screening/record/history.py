"""Everything a campaign knows about one candidate, gathered from the record once."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from pymatgen.core import Structure

from screening.arrangements.candidate import Candidate
from screening.decision import CANDIDATE_STAGES, CHECKS, MD_BEST_FIRST, Decision, Stage, Verdict
from screening.estimated import Estimate
from screening.hull.result import HullRecord
from screening.plan.composition_record import CompositionRecord
from screening.record.ledger import STAGE_ORDER, latest_decisions
from screening.record.record import CampaignRecord, MDRecord
from screening.relaxation.relaxation import RelaxedStructure
from screening.transport.conductivity import TransportResult
from screening.validation import ModelError, ValidationRecord, model_error


@dataclass(frozen=True)
class CandidateHistory:
    """One candidate with its composition, results and decisions; what is not there yet is None or empty.

    Attributes
    ----------
    candidate
        The arrangement, as the Ewald screen left it.
    composition
        What it is an arrangement of.
    relaxed, hull, validation
        Results of these stages.
    md
        Its MD runs, short before long, by temperature.
    decisions
        The latest of each stage, in the order of the stages.
    """

    candidate: Candidate
    composition: CompositionRecord | None = None
    relaxed: RelaxedStructure | None = None
    hull: HullRecord | None = None
    md: tuple[MDRecord, ...] = ()
    decisions: tuple[Decision, ...] = field(default=())
    validation: ValidationRecord | None = None

    @property
    def id(self) -> str:
        """The candidate's id."""
        return self.candidate.id

    @property
    def structure(self) -> Structure:
        """The relaxed structure, or the arrangement as it left the Ewald screen."""
        return self.candidate.structure if self.relaxed is None else self.relaxed.structure

    @cached_property
    def _at_stage(self) -> dict[Stage, tuple[Decision, ...]]:
        """The decisions by stage: the tables of a large campaign ask for hundreds of thousands of verdicts."""
        return {
            stage: tuple(one for one in self.decisions if one.stage is stage)
            for stage in {decision.stage for decision in self.decisions}
        }

    def decided(self, stage: Stage) -> tuple[Decision, ...]:
        """Return the candidate's decisions at a stage.

        Parameters
        ----------
        stage
            Stage of the funnel.
        """
        return self._at_stage.get(stage, ())

    def verdict(self, stage: Stage) -> Verdict | None:
        """Return the campaign's verdict on the candidate at a stage; None when nothing is decided yet.

        Parameters
        ----------
        stage
            Stage of the funnel.
        """
        decided = self.decided(stage)
        return decided[0].verdict if decided else None

    @property
    def audited(self) -> bool:
        """Whether a filter rejected it and it continues only as an audit sample."""
        return any(decision.audited for decision in self.decisions)

    @property
    def survived(self) -> bool:
        """Whether it passed the long MD, and every filter before."""
        return self.verdict(Stage.LONG_MD) is Verdict.PASS and not self.audited

    @property
    def near_hull(self) -> bool:
        """Whether the hull let the candidate through, or it has MD runs (as an audit sample)."""
        return bool(self.md) or self.verdict(Stage.HULL) in (Verdict.PASS, Verdict.UNDECIDED)

    def failed_at(self) -> Stage | None:
        """Return the first stage that failed, or None."""
        for stage in (Stage.EWALD, *CANDIDATE_STAGES):
            if self.verdict(stage) is Verdict.FAIL:
                return stage
        return None

    def superseded_by(self) -> str | None:
        """Return the candidate that continues in this one's place, or None."""
        return next((d.superseded_by for d in self.decisions if d.superseded_by is not None), None)

    def reached(self) -> Stage:
        """Return the last stage of the funnel with a decision or a result."""
        stages = [Stage.EWALD, *(decision.stage for decision in self.decisions), *(run.stage for run in self.md)]
        if self.relaxed is not None:
            stages.append(Stage.RELAX)
        if self.hull is not None:
            stages.append(Stage.HULL)
        return max((stage for stage in stages if stage not in CHECKS), key=STAGE_ORDER.__getitem__)

    def runs(self, stage: Stage) -> tuple[MDRecord, ...]:
        """Return the MD runs of a stage, by temperature.

        Parameters
        ----------
        stage
            Stage of the funnel; only `short_md`, `long_md` and the MD of a better engine have runs.
        """
        return tuple(sorted((run for run in self.md if run.stage is stage), key=lambda run: run.temperature_K))

    def transport(self, stage: Stage) -> tuple[TransportResult, ...]:
        """Return the diffusion analyses of a stage, by temperature.

        Parameters
        ----------
        stage
            Stage of the funnel; only `short_md`, `long_md` and the MD of a better engine have runs.
        """
        return tuple(run.transport for run in self.runs(stage) if run.transport is not None)

    def judged(self, stage: Stage | None = None) -> Decision | None:
        """Return the decision about a conductivity, at the temperature that the campaign judges at.

        Parameters
        ----------
        stage
            Of this stage; when left out, of MD with the better engine before long before short MD.
        """
        for each in MD_BEST_FIRST if stage is None else (stage,):
            for decision in self.decided(each):
                if (decision.value is not None or decision.bound is not None) and decision.unit == "mS/cm":
                    return decision
        return None

    def warnings(self) -> tuple[str, ...]:
        """Return the warnings of all decisions once each, without those of short MD where long MD has judged."""
        judged = self.judged()
        longer = judged is not None and judged.stage in (Stage.LONG_MD, Stage.CHECK_MD)
        standing = (each for each in self.decisions if not (longer and each.stage is Stage.SHORT_MD))
        return tuple(dict.fromkeys(warning for decision in standing for warning in decision.warnings))

    def model_error(self) -> ModelError | None:
        """Return how far the conductivities of two engines lie apart; None when only one ran."""
        return model_error(self.judged(Stage.LONG_MD), self.judged(Stage.CHECK_MD))

    def best_transport(self) -> TransportResult | None:
        """Return the analysis that counts: that of :meth:`judged`, then the temperature nearest to 300 K."""
        for stage in MD_BEST_FIRST:
            found = self.transport(stage)
            if found:
                return min(found, key=lambda result: abs(result.temperature_K - 300.0))
        return None

    def activation_energy_stage(self) -> Stage | None:
        """Return the stage that an activation energy is taken from: the last with runs at two temperatures."""
        for stage in MD_BEST_FIRST:
            if len({result.temperature_K for result in self.transport(stage)}) > 1:
                return stage
        return None

    def activation_energy_eV(self) -> Estimate | None:
        """Return Ea from ln(sigma T) against 1/T with its interval, of :meth:`activation_energy_stage`.

        None where fewer than two of its temperatures diffuse: an earlier stage does not stand in, since the
        conductivity beside it would be another run's.
        """
        stage = self.activation_energy_stage()
        if stage is None:
            return None
        return _activation_energy_eV(tuple((run.temperature_K, run.sigma_mS_cm) for run in self.transport(stage)))


@lru_cache(maxsize=1 << 15)
def _activation_energy_eV(known: tuple[tuple[float, Estimate], ...]) -> Estimate | None:
    """Fit once what table, report, export and database all show."""
    from screening.transport.arrhenius import line_through

    line = line_through(known)
    return None if line is None else line.activation_energy_eV


def _by_stage(decided: Mapping[Stage, Decision]) -> tuple[Decision, ...]:
    return tuple(decided[stage] for stage in sorted(decided, key=STAGE_ORDER.__getitem__))


def histories(record: CampaignRecord) -> dict[str, CandidateHistory]:
    """Gather the history of every candidate, keyed by candidate id, in the record's order.

    Parameters
    ----------
    record
        Record of the campaign, see :func:`read_record`.
    """
    compositions = {composition.id: composition for composition in record.compositions}
    relaxed = {structure.id: structure for structure in record.relaxed}
    hulls = {hull.candidate_id: hull for hull in record.hulls}
    validations = {validation.candidate_id: validation for validation in record.validations}
    runs: defaultdict[str, list[MDRecord]] = defaultdict(list)
    for run in record.md:
        runs[run.candidate_id].append(run)
    latest = latest_decisions(record.decisions)
    return {
        candidate.id: CandidateHistory(
            candidate=candidate,
            composition=compositions.get(candidate.composition_id),
            relaxed=relaxed.get(candidate.id),
            hull=hulls.get(candidate.id),
            md=tuple(sorted(runs[candidate.id], key=lambda run: (STAGE_ORDER[run.stage], run.temperature_K))),
            decisions=_by_stage(latest.get(candidate.id, {})),
            validation=validations.get(candidate.id),
        )
        for candidate in record.candidates
    }
