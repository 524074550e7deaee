"""The section of one candidate: structure, energies, hull, diffusion, decisions."""

from collections.abc import Collection, Sequence

from ewald.numbers import significant
from screening.decision import Decision
from screening.mechanism.result import Mechanism
from screening.record.facts import candidate_facts
from screening.record.history import CandidateHistory
from screening.record.record import MDRecord
from screening.report.drawing.structure_view import structure_view
from screening.report.drawing.transport_charts import arrhenius_chart, figures, msd_chart
from screening.report.html.labels import anchor, badge, estimate_cell, estimate_lines, subscripted
from screening.report.html.markup import Content, Markup, facts, folded, join, tag
from screening.report.html.table import plain_table
from screening.report.sections.electrode_section import products_list, reactivity_chart
from screening.report.sections.mechanism_section import mechanism_section


def candidate_section(history: CandidateHistory, mechanism: Mechanism | None = None) -> Markup:
    """Return a folded section; the browser opens it when its table row is followed.

    Parameters
    ----------
    history
        Of the candidate.
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
    view = structure_view(history.structure, candidate.mobile, f"Structure of {candidate.id}")
    shown = {warning for _, result in runs for warning in result.warnings}
    charts = [msd_chart(title, result) for title, result in runs]
    charts.append(arrhenius_chart(runs) if len(runs) > 1 else None)
    charts.append(reactivity_chart(history.hull.electrode_reactions) if history.hull else None)
    return folded(
        join(tag("strong", candidate.id), " ", subscripted(candidate.formula), " ", state),
        tag("div", view, _facts(history), class_="two"),
        figures(charts) if any(charts) else None,
        mechanism_section(mechanism) if mechanism else None,
        products_list(history.hull) if history.hull else None,
        _runs_table(history.md) if history.md else None,
        _decisions_table(history.decisions, shown) if history.decisions else tag("p", "Nothing decided yet."),
        id=anchor(candidate.id),
        class_="candidate",
    )


def _facts(history: CandidateHistory) -> Markup:
    known = (fact for stage in candidate_facts(history).values() for fact in stage)
    return facts((f.label, join(f.value, f.note and join(" ", tag("small", f.note)))) for f in known)


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
            _bullets(result.warnings) if result else "",
        ]

    headings = (
        "stage", "T (K)", "steps", "D (cm²/s)", "σ (mS/cm)", "Haven ratio", "hops per ion", "framework MSD (Å²)",
        "ended", "warnings",
    )  # fmt: skip
    return plain_table(headings, map(row, runs))


def _bullets(notes: Sequence[str]) -> Markup | None:
    return tag("ul", (tag("li", note) for note in notes), class_="notes") if notes else None


def _decisions_table(decisions: tuple[Decision, ...], shown: Collection[str]) -> Markup:
    """Return the decisions; warnings that are `shown` with the runs are left out."""

    def measured(decision: Decision) -> Markup:
        shown = estimate_lines(decision.value, decision.low95, decision.high95, 3, bound=decision.bound)
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
            join(decision.reason, _bullets(notes)),
            tag("code", decision.inputs_hash),
        ]

    headings = ("stage", "verdict", "quantity", "measured (95 %)", "threshold", "reason", "inputs")
    return plain_table(headings, map(row, decisions))
