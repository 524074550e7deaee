"""The first paragraph of the report: what to make, how sure that is, what would change it, what was never tried."""

from ewald.numbers import count, counted, estimate, percent, significant
from screening.decision import Decision, Stage, Verdict
from screening.hull.wording import missing_phrase
from screening.record.audit import filter_recall
from screening.record.doping import UNDOPED, doping_of
from screening.record.history import CandidateHistory
from screening.record.prior_check import not_computed_lines
from screening.record.ranking import best_first, judged_estimate, what_to_make
from screening.record.record import CampaignRecord
from screening.report.html.labels import candidate_link
from screening.report.html.markup import Content, Markup, join, tag
from screening.report.html.notes import decisive

MOST_NAMED = 4
"""Up to so many dopants, levels and mothers are named; more are counted."""


def opening(record: CampaignRecord) -> Markup:
    """Return four short paragraphs, each begun by the question that it answers."""
    chosen = chosen_first(record)
    parts: list[tuple[str, Content]] = [
        ("What to make.", join(what_to_make(record), _link(chosen))),
        ("How sure.", how_sure(record, chosen)),
        ("What would change it.", what_would_change(record, chosen)),
        ("What was not tried.", not_tried(record)),
    ]
    return tag("div", (tag("p", tag("strong", head), " ", said) for head, said in parts), class_="opening")


def chosen_first(record: CampaignRecord) -> CandidateHistory | None:
    """Return the candidate that passed everything, or else the first of the ranking; None without any decided."""
    listed = [history for history in best_first(record) if history.decisions]
    passed = (history for history in listed if history.survived)
    return next(passed, listed[0] if listed else None)


def _link(chosen: CandidateHistory | None) -> Content:
    return join(" First of the ranking: ", candidate_link(chosen.id), ".") if chosen is not None else ""


def how_sure(record: CampaignRecord, chosen: CandidateHistory | None) -> str:
    """Say how likely the first candidate exceeds the threshold, and from how many runs that follows."""
    if chosen is None:
        return "Nothing is decided yet."
    judged = chosen.judged()
    if judged is None:
        return f"{chosen.id} has no MD yet; the last stage it reached is: {chosen.reached().words}."
    least = f"{significant(record.campaign.verdict.threshold_mS_cm)} mS/cm"
    if judged.probability_above is None or judged.bound is not None:
        said = f"Only an upper bound of the conductivity of {chosen.id} is known: it may or may not reach {least}."
    else:
        said = f"{chosen.id} exceeds {least} with a probability {_chance(judged.probability_above)}"
        said += ", but its runs are too short for a verdict." if judged.verdict is Verdict.UNDECIDED else "."
    return f"{said} {_basis(chosen, judged)}"


def _chance(probability: float) -> str:
    if probability > 0.995:
        return "above 99 %"
    return "below 1 %" if probability < 0.005 else f"of {100 * probability:.0f} %"


def _basis(chosen: CandidateHistory, judged: Decision) -> str:
    runs = chosen.runs(judged.stage)
    temperatures = sorted({run.temperature_K for run in runs})
    if not temperatures:
        return ""
    at = judged.temperature_K
    listed = ", ".join(f"{kelvin:g}" for kelvin in temperatures)
    said = f"This follows from the {judged.stage.words} at {listed} K"
    if at is not None and min(abs(at - kelvin) for kelvin in temperatures) > 1:
        said += f", extrapolated to {at:g} K"
    hops = [run.transport.hops_per_ion for run in runs if run.transport is not None]
    if hops:
        said += f", with {'up to ' if len(hops) > 1 else ''}{significant(max(hops), 2)} hops per mobile ion"
    return f"{said}. It covers the statistical error of the MD, not an error of the potential."


def what_would_change(record: CampaignRecord, chosen: CandidateHistory | None) -> Markup | str:
    """Name what decides: a doubtful comparison, the gravest warning, missing phases, and the next in the ranking."""
    if chosen is None:
        return "Everything: no candidate has a verdict yet."
    reasons = []
    compared = [one for one in chosen.decided(Stage.VALIDATION) if one.verdict is not Verdict.PASS]
    reasons += [_repeated(one.reason) for one in compared[-1:]]
    warnings = decisive(chosen.warnings())
    if warnings and not compared:
        reasons.append(f"{warnings[0]}.")
    if chosen.hull is not None and chosen.hull.missing_systems:
        missing = missing_phrase(chosen.hull.missing_compounds, chosen.hull.missing_systems)
        reasons.append(f"Its hull energy is a lower bound ({missing}).")
    if not record.validations:
        reasons.append("Its MD was not checked with a better engine.")
    following = [history for history in best_first(record) if history.near_hull and history.id != chosen.id]
    if following:
        reasons.append(f"Next in the ranking: {_with_value(following[0])}.")
    return " ".join(f"{reason[:1].upper()}{reason[1:]}" for reason in reasons) or "Nothing known to the campaign."


def _repeated(doubt: str) -> str:
    """Turn the reason of a doubtful comparison (`fast against good: doubtful: ...`) into what may change the result."""
    engines, _, what = doubt.partition(": doubtful: ")
    fast, _, good = engines.partition(" against ")
    return f"MD with {good} may change it: compared with that engine, with {fast} the {what}." if what else f"{doubt}."


def _with_value(history: CandidateHistory) -> str:
    """Return the name of a candidate with the conductivity that it is judged by."""
    judged = history.judged()
    return history.id if judged is None else f"{history.id}, {estimate(judged_estimate(judged))} mS/cm"


def not_tried(record: CampaignRecord) -> str:
    """Count what the campaign left out: compositions, arrangements, and what the filters may have lost."""
    waiting = sum(composition.method is None for composition in record.compositions)
    total = sum(int(composition.configurations) for composition in record.compositions)
    relaxed = len(record.relaxed)
    said = [*_dopings(record), f"Of {count(total)} possible arrangements {count(relaxed)} were relaxed."]
    said += not_computed_lines(record)
    if waiting:
        said.append(f"Not screened yet: {waiting} of {counted(len(record.compositions), 'composition')}.")
    without_md = sum(history.near_hull and not history.md for history in best_first(record))
    if without_md:
        said.append(f"{counted(without_md, 'candidate')} near the hull had no MD.")
    unknown = [f"the {line.stage.words}" for line in filter_recall(record) if line.recall is None]
    if unknown:
        share = record.campaign.audit.fraction
        audit = f"an audit of {percent(share)} has not finished" if share else "no rejected candidate was continued"
        said.append(f"How many good conductors {' and '.join(unknown)} rejected is unknown: {audit}.")
    if len(record.md) and len({run.temperature_K for run in record.md}) == 1:
        said.append("MD ran at one temperature only, so there is no activation energy.")
    return " ".join(said)


def _dopings(record: CampaignRecord) -> list[str]:
    """Say which dopants and levels were in the campaign, where they are few enough to be named."""
    found = [doping for doping in map(doping_of, record.compositions) if doping is not None]
    dopants = sorted({doping.dopant for doping in found} - {UNDOPED})
    levels = sorted({doping.level for doping in found if doping.dopant != UNDOPED})
    mothers = sorted({doping.mother for doping in found})
    if not dopants:
        return []
    if max(len(dopants), len(levels), len(mothers)) > MOST_NAMED:
        return [f"Only {counted(len(dopants), 'dopant')} in {counted(len(mothers), 'mother')} were in the campaign."]
    listed = ", ".join(significant(level) for level in levels)
    return [f"Only {', '.join(dopants)} at the levels {listed} in {', '.join(mothers)} were in the campaign."]
