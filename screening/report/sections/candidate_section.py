"""The section of one candidate: structure, energies, hull, diffusion, decisions."""

from collections.abc import Collection

from ewald.numbers import significant
from screening.campaign.campaign import Campaign
from screening.decision import Decision, Stage, Verdict
from screening.mechanism.result import Mechanism
from screening.record.facts import candidate_facts
from screening.record.history import CandidateHistory
from screening.record.record import MDRecord
from screening.report.drawing.arrhenius_chart import arrhenius_chart
from screening.report.drawing.mechanism_charts import mechanism_part
from screening.report.drawing.structure_view import anions, structure_view
from screening.report.drawing.transport_charts import figures, msd_chart
from screening.report.html.labels import anchor, badge, estimate_cell, estimate_lines, reaction_markup, subscripted
from screening.report.html.markup import Content, Markup, facts, folded, join, tag
from screening.report.html.notes import notes_list
from screening.report.html.table import plain_table
from screening.report.sections.arrhenius_section import literature_of
from screening.report.sections.electrode_section import products_list, reactivity_chart


def candidate_section(
    history: CandidateHistory, campaign: Campaign | None = None, mechanism: Mechanism | None = None
) -> Markup:
    """Return a folded section; the browser opens it when its table row is followed.

    Parameters
    ----------
    history
        Of the candidate.
    campaign
        Its campaign, for the temperature of the verdict and points of the literature.
    mechanism
        How its ions move, where that was found.
    """
    candidate = history.candidate
    failed = history.failed_at()
    state = join(
        f"stopped at {failed.heading}" if failed else f"reached {history.reached().heading} ",
        None if failed else badge(history.verdict(history.reached())),
    )
    runs = [(run.stage.heading, run.transport) for run in history.md if run.transport is not None]
    view = structure_view(
        history.structure, candidate.mobile, f"Structure of {candidate.id}", anions=anions(candidate.structure)
    )
    shown = {warning for _, result in runs for warning in result.warnings}
    charts = [msd_chart(title, result) for title, result in runs]
    if campaign is not None and len(runs) > 1:
        points = literature_of(history, campaign.literature)
        charts.append(arrhenius_chart(runs, at_K=campaign.verdict.temperature_K, literature=points))
    charts.append(reactivity_chart(history.hull.electrode_reactions) if history.hull else None)
    return folded(
        join(tag("strong", candidate.id), " ", subscripted(candidate.formula), " ", state),
        tag("div", view, _facts(history), class_="two"),
        figures(charts) if any(charts) else None,
        mechanism_part(mechanism) if mechanism else None,
        products_list(history.hull) if history.hull else None,
        _runs_table(history.md) if history.md else None,
        _decisions_table(history.decisions, shown) if history.decisions else tag("p", "Nothing decided yet."),
        id=anchor(candidate.id),
        class_="candidate kept" if history.verdict(Stage.LONG_MD) is Verdict.PASS else "candidate",
    )


def _facts(history: CandidateHistory) -> Markup:
    known = (fact for stage in candidate_facts(history).values() for fact in stage)
    return facts((f.label, join(_written(f.value), f.note and join(" ", tag("small", f.note)))) for f in known)


def _written(value: str) -> str:
    """Return the value of a fact, a reaction with lowered numbers."""
    return reaction_markup(value) if " -> " in value else value


def _runs_table(runs: tuple[MDRecord, ...]) -> Markup:
    def row(run: MDRecord) -> list[Content]:
        result = run.transport
        return [
            run.stage.heading,
            f"{run.temperature_K:g}",
            f"{run.steps:,} × {run.timestep_fs:g} fs",
            estimate_cell(result.D_cm2_s if result else None),
            estimate_cell(result.sigma_mS_cm if result else None),
            significant(result.haven_ratio if result else None, 2),
            significant(result.hops_per_ion if result else None, 2),
            significant(result.framework_msd_A2 if result else None, 2),
            run.ended,
            notes_list(result.warnings) if result else "",
        ]

    headings = (
        "stage", "T (K)", "steps", "D (cm²/s)", "σ (mS/cm)", "Haven ratio", "hops per ion", "framework MSD (Å²)",
        "ended", "warnings",
    )  # fmt: skip
    return plain_table(headings, map(row, runs))


def _decisions_table(decisions: tuple[Decision, ...], shown: Collection[str]) -> Markup:
    """Return the decisions; warnings that are `shown` with the runs are left out."""

    def measured(decision: Decision) -> Markup:
        if decision.bound is None and decision.low95 is None and decision.high95 is None:
            return join(decision.written_value, f" {decision.unit}")
        shown = estimate_lines(decision.value, decision.low95, decision.high95, bound=decision.bound)
        return join(shown, f" {decision.unit}")

    def row(decision: Decision) -> list[Content]:
        notes = [warning for warning in decision.warnings if warning not in shown]
        notes += ["continued despite rejection (audit)"] if decision.audited else []
        return [
            decision.stage.heading,
            badge(decision.verdict),
            decision.quantity.replace("_", " "),
            measured(decision),
            significant(decision.threshold),
            join(decision.reason, notes_list(notes)),
            tag("code", decision.inputs_hash),
        ]

    headings = ("stage", "verdict", "quantity", "measured (95 %)", "threshold", "reason", "inputs")
    return plain_table(headings, map(row, decisions))
