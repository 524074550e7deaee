"""The plan as lines of the ledger."""

from ewald.version import __version__
from screening.decision import Decision, Stage, Verdict
from screening.plan.composition import ROUTE_NAMES
from screening.plan.plan import Plan
from screening.value import content_hash


def plan_decisions(plan: Plan) -> tuple[Decision, ...]:
    """Return what the enumeration decided: dopants by rule, refused substitutions, and every composition.

    Parameters
    ----------
    plan
        Plan of the campaign.
    """
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
