"""The plan and the Ewald stage as lines of the ledger."""

from collections.abc import Mapping, Sequence

from ewald.version import __version__
from screening.arrangements.candidate import Candidate
from screening.decision import Decision, Stage, Verdict
from screening.plan.composition import ROUTE_NAMES
from screening.plan.plan import Plan
from screening.record.record import CompositionRecord
from screening.value import content_hash


def plan_decisions(plan: Plan) -> tuple[Decision, ...]:
    """Return what the enumeration decided: dopants by rule, what cannot be made neutral, and every composition."""
    return (*_rule_lines(plan), *_refused_lines(plan), *_composition_lines(plan))


def _rule_lines(plan: Plan) -> list[Decision]:
    return [
        _line(
            plan,
            f"{decision.species} on {decision.host} in {decision.mother}",
            ("radius_difference", decision.difference, "1", None),
            decision.reason,
            inputs_hash=content_hash(plan.revision, decision),
            kept=decision.kept,
        )
        for decision in plan.rule_decisions
    ]


def _refused_lines(plan: Plan) -> list[Decision]:
    return [
        _line(
            plan,
            f"{entry.substitution} in {entry.mother}",
            ("compensation", None, "e", 0.0),
            f"cannot be made neutral: {entry.reason}",
            inputs_hash=content_hash(plan.revision, entry),
            kept=False,
        )
        for entry in plan.not_compensated
    ]


def _composition_lines(plan: Plan) -> list[Decision]:
    lines = []
    for composition in plan.compositions:
        route = ROUTE_NAMES[composition.compensation].format(mobile=composition.mobile)
        routes = f"; reached by {len(composition.routes)} routes" if len(composition.routes) > 1 else ""
        lines.append(
            _line(
                plan,
                composition.id,
                ("charge", composition.charge, "e", 0.0),
                f"{composition.formula}, neutral with {route}{routes}",
                inputs_hash=composition.inputs_hash(),
                kept=True,
            )
        )
    return lines


def _line(
    plan: Plan,
    subject: str,
    measured: tuple[str, float | None, str, float | None],
    reason: str,
    *,
    inputs_hash: str,
    kept: bool,
) -> Decision:
    """Return a line of the enumeration; `measured` is quantity, value, unit and threshold."""
    quantity, value, unit, threshold = measured
    return Decision(
        campaign=plan.campaign,
        subject=subject,
        stage=Stage.ENUMERATE,
        quantity=quantity,
        value=value,
        unit=unit,
        threshold=threshold,
        verdict=Verdict.PASS if kept else Verdict.FAIL,
        reason=reason,
        inputs_hash=inputs_hash,
        version=__version__,
    )


def ewald_decisions(
    campaign: str,
    record: CompositionRecord,
    candidates: Sequence[Candidate],
    inputs_hash: str,
    duplicates: Mapping[str, str] | None = None,
) -> tuple[Decision, ...]:
    """Return one line per arrangement that goes on, with its energy above the lowest of its composition.

    Parameters
    ----------
    campaign
        Name of the campaign.
    record, candidates
        What :func:`screening.arrangements.stage.screen_composition` returned.
    inputs_hash
        :func:`screening.arrangements.stage.stage_hash` of the inputs.
    duplicates
        What :func:`screening.arrangements.duplicates.equal_arrangements` found: those candidates stop here.
    """
    proof = "proven lowest" if record.certified else "best found, not proven"
    lowest_eV = min(record.energies_eV)
    twins = duplicates or {}

    def line(candidate: Candidate) -> Decision:
        twin = twins.get(candidate.id)
        reason = (
            f"rank {candidate.rank} of {record.configurations} arrangements ({proof}), "
            f"{candidate.multiplicity} symmetry copies"
        )
        return Decision(
            campaign=campaign,
            subject=candidate.id,
            stage=Stage.EWALD,
            quantity="energy_above_lowest",
            value=candidate.ewald_energy_eV - lowest_eV,
            unit="eV",
            threshold=None,
            verdict=Verdict.PASS if twin is None else Verdict.FAIL,
            reason=reason
            if twin is None
            else f"{reason}; the same crystal as {twin}, which another route reached and which goes on instead",
            inputs_hash=inputs_hash if twin is None else content_hash(inputs_hash, twin),
            version=__version__,
            stood_for_by=twin,
        )

    return tuple(line(candidate) for candidate in candidates)
