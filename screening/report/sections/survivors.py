"""The table of candidates that passed a filter, best first."""

from collections.abc import Callable, Sequence

from ewald.numbers import milli_eV, probability, volts
from screening.campaign.stages import VerdictRule
from screening.decision import Decision, Stage, Verdict
from screening.estimated import Estimate
from screening.hull.result import HullRecord
from screening.hull.wording import hull_number, missing_phrase
from screening.record.history import CandidateHistory
from screening.record.ranking import best_first
from screening.record.record import CampaignRecord
from screening.report.html.labels import badge, candidate_link, estimate_cell, estimate_lines, subscripted
from screening.report.html.markup import Content, Markup, join, tag
from screening.report.html.table import Cell, number, sortable_table


def survivors_table(
    record: CampaignRecord,
    link: Callable[[str], Markup] = candidate_link,
    *,
    most: int | None = None,
    ranking: Sequence[CandidateHistory] | None = None,
) -> Markup:
    """Return the ranked table of everything that came near enough to the hull to be run.

    Parameters
    ----------
    record
        The campaign.
    link
        Turns a candidate's id into a link.
    most
        Show no more than the best so many, and say how many there are; all when left out.
    ranking
        What :func:`best_first` returns, where it was called already.
    """
    kept = [history for history in (best_first(record) if ranking is None else ranking) if history.near_hull]
    if not kept:
        return tag("p", "No candidate has passed the hull yet.")
    rule = record.campaign.verdict
    where = "the run's temperature" if rule.temperature_K is None else f"{rule.temperature_K:g} K"
    threshold = f"{rule.threshold_mS_cm:g} mS/cm"
    headings = (
        "rank", "candidate", "formula", "mother", "hull (meV/atom)", "window (V)", "short MD", "long MD", "T (K)",
        "D (cm²/s)", f"σ at {where} (mS/cm)", f"P(σ > {threshold})", "Eₐ (eV)",
    )  # fmt: skip
    note = (
        f"D at T, with its 95 % interval. σ at {where}: the conductivity that the verdict is based on, unless another "
        f"temperature is given below it. P(σ > {threshold}): the probability that it exceeds the threshold. "
        "Eₐ: from ln(σT) against 1/T, where runs at two temperatures or more diffuse."
    )
    if most is not None and len(kept) > most:
        note += f" These are the best {most} of {len(kept)}."
    rows = (_row(history, place, link, rule) for place, history in enumerate(kept[:most], start=1))
    return join(sortable_table("survivors", headings, rows, filters=(3, 6, 7)), tag("p", note, class_="note"))


def _row(
    history: CandidateHistory, place: int, link: Callable[[str], Markup], rule: VerdictRule
) -> list[Cell | Markup | str]:
    hull, best, judged = history.hull, history.best_transport(), history.judged()
    activation = history.activation_energy_eV()
    return [
        number(place, str),
        Cell(link(history.id), history.id),
        Cell(subscripted(history.candidate.formula), history.candidate.formula),
        history.candidate.mother,
        _hull(hull),
        _window(hull),
        _verdict(history.verdict(Stage.SHORT_MD)),
        _verdict(history.verdict(Stage.LONG_MD)),
        number(best.temperature_K if best else None),
        Cell(estimate_cell(best.D_cm2_s), _order(best.D_cm2_s)) if best else number(None),
        Cell(_judged(judged, rule), judged.value or 0.0) if judged else number(None),
        number(judged.probability_above if judged else None, probability),
        Cell(estimate_cell(activation), activation.mean) if activation else number(None),
    ]


def _hull(hull: HullRecord | None) -> Cell:
    """Return the hull energy; what is missing stands under the pointer where it is a lower bound."""
    if hull is None or not hull.missing_systems:
        return number(hull.hull_energy_meV_per_atom if hull else None, milli_eV)
    missing = missing_phrase(hull.missing_compounds, hull.missing_systems)
    return Cell(tag("span", hull_number(hull), title=f"lower bound: {missing}"), hull.hull_energy_meV_per_atom)


def _order(value: Estimate) -> float:
    """Return what a column is sorted by: a bound stands behind every value."""
    return 0.0 if value.bound is not None else value.mean


def _window(hull: HullRecord | None) -> Cell:
    if hull is None or hull.window_low_V is None or hull.window_high_V is None:
        return number(None)
    shown = f"{volts(hull.window_low_V)} to {volts(hull.window_high_V)}"
    return Cell(shown, hull.window_high_V - hull.window_low_V)


def _verdict(verdict: Verdict | None) -> Cell:
    return Cell(badge(verdict), str(verdict or "none"))


def _judged(decision: Decision, rule: VerdictRule) -> Content:
    at_K = decision.temperature_K
    shown = estimate_lines(decision.value, decision.low95, decision.high95, bound=decision.bound)
    elsewhere = rule.temperature_K is not None and at_K is not None and abs(at_K - rule.temperature_K) > 1
    return join(shown, tag("small", f"at {at_K:g} K", class_="interval")) if elsewhere else shown
