"""The table of candidates that passed a filter, best first."""

from collections.abc import Callable

from ewald.numbers import MISSING, milli_eV, significant, volts
from screening.campaign.stages import VerdictRule
from screening.decision import Decision, Stage, Verdict
from screening.record.history import CandidateHistory, histories
from screening.record.ranking import standings
from screening.record.record import CampaignRecord
from screening.report.html.labels import badge, candidate_link, estimate_cell, estimate_lines, subscripted
from screening.report.html.markup import Content, Markup, join, tag
from screening.report.html.table import Cell, number, sortable_table


def survivors_table(record: CampaignRecord, link: Callable[[str], Markup] = candidate_link) -> Markup:
    """Return the ranked table of everything that came near enough to the hull to be run.

    Parameters
    ----------
    record
        The campaign.
    link
        Turns a candidate's id into a link.
    """
    found = histories(record)
    places = standings(record)
    kept = sorted(
        (history for history in found.values() if history.near_hull),
        key=lambda history: places[history.id],
    )
    if not kept:
        return tag("p", "No candidate has passed the hull yet.")
    rule = record.campaign.verdict
    table = sortable_table(
        "survivors",
        (
            "place",
            "candidate",
            "formula",
            "mother",
            "hull (meV/atom)",
            "window (V)",
            "short MD",
            "long MD",
            "T (K)",
            "D (cm²/s)",
            "σ judged (mS/cm)",
            "P(above)",
        ),
        (_row(history, place, link, rule) for place, history in enumerate(kept, start=1)),
        filters=(3, 6, 7),
    )
    where = "the run's temperature" if rule.temperature_K is None else f"{rule.temperature_K:g} K"
    note = (
        "D at T, with its 95 % interval. σ judged: the conductivity that the verdict rests on, at "
        f"{where} unless another temperature stands below it. P(above): probability that it exceeds "
        f"{rule.threshold_mS_cm:g} mS/cm."
    )
    return join(table, tag("p", note, class_="note"))


def _row(
    history: CandidateHistory, place: int, link: Callable[[str], Markup], rule: VerdictRule
) -> list[Cell | Markup | str]:
    hull, best, judged = history.hull, history.best_transport(), history.judged()
    window = None
    if hull is not None and hull.window_low_V is not None and hull.window_high_V is not None:
        window = hull.window_high_V - hull.window_low_V
    return [
        number(place, str(place)),
        Cell(link(history.id), history.id),
        Cell(subscripted(history.candidate.formula), history.candidate.formula),
        history.candidate.mother,
        number(
            hull.hull_energy_meV_per_atom if hull else None,
            milli_eV(hull.hull_energy_meV_per_atom if hull else None),
        ),
        number(
            window,
            f"{volts(hull.window_low_V)} to {volts(hull.window_high_V)}" if hull and window is not None else "–",
        ),
        _verdict(history.verdict(Stage.SHORT_MD)),
        _verdict(history.verdict(Stage.LONG_MD)),
        number(best.temperature_K if best else None, significant(best.temperature_K if best else None)),
        number(best.D_cm2_s.mean if best else None, estimate_cell(best.D_cm2_s if best else None)),
        number(
            judged.value if judged else None,
            _judged(judged, rule) if judged else MISSING,
        ),
        number(judged.probability_above if judged else None, significant(judged.probability_above if judged else None)),
    ]


def _verdict(verdict: Verdict | None) -> Cell:
    return Cell(badge(verdict), str(verdict) if verdict is not None else "none")


def _judged(decision: Decision, rule: VerdictRule) -> Content:
    at_K = decision.temperature_K
    shown = estimate_lines(decision.value, decision.low95, decision.high95)
    elsewhere = rule.temperature_K is not None and at_K is not None and abs(at_K - rule.temperature_K) > 1
    return join(shown, tag("small", f"at {at_K:g} K", class_="interval")) if elsewhere else shown
