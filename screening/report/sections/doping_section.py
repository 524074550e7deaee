"""What doping does: maps of dopant against level, and the energy above the hull along the doping axis."""

from dataclasses import dataclass

from ewald.numbers import estimate, milli_eV, significant
from screening.decision import Stage, Verdict
from screening.hull.wording import hull_number
from screening.record.doping import UNDOPED, Doping, doping_of
from screening.record.history import CandidateHistory
from screening.record.ranking import best_first, judged_estimate
from screening.record.record import CampaignRecord
from screening.report.drawing.chart import Chart, series_legend, series_styles
from screening.report.drawing.heat_map import HeatCell, heat_map
from screening.report.html.markup import Markup, join, tag
from screening.report.html.palette import VERDICT_SIGN

_VERDICT_VALUE = {Verdict.FAIL: 0.0, Verdict.UNDECIDED: 1.0, Verdict.PASS: 2.0}


@dataclass(frozen=True)
class _Doped:
    """The arrangements of one doping, best first; several ways of compensation stand together."""

    doping: Doping
    members: list[CandidateHistory]

    @property
    def best(self) -> CandidateHistory:
        return self.members[0]


def doping_section(record: CampaignRecord) -> Markup:
    """Return the maps and hull cuts of every mother that is doped."""
    by_mother: dict[str, list[_Doped]] = {}
    for doped in _collected(record):
        by_mother.setdefault(doped.doping.mother, []).append(doped)
    parts = [_mother(mother, doped) for mother, doped in by_mother.items() if _is_doped(doped)]
    if not parts:
        return tag("p", "No doped composition has a candidate yet.")
    note = (
        "Each cell shows the best candidate of a dopant and level (the share of host ions replaced). Bright is good. "
        "A grey cell was not planned, could not be compensated, or is not computed yet."
    )
    return join(tag("p", note, class_="note"), *parts)


def _is_doped(doped: list[_Doped]) -> bool:
    return any(one.doping.dopant != UNDOPED for one in doped)


def _collected(record: CampaignRecord) -> list[_Doped]:
    dopings = {composition.id: doping_of(composition) for composition in record.compositions}
    groups: dict[Doping, list[CandidateHistory]] = {}
    for doping in dopings.values():
        if doping is not None:
            groups[doping] = []
    for history in best_first(record):
        doping = dopings.get(history.candidate.composition_id)
        if doping is not None:
            groups[doping].append(history)
    return [_Doped(doping, members) for doping, members in groups.items() if members]


def _mother(mother: str, doped: list[_Doped]) -> Markup:
    parts = [tag("h3", mother), tag("div", _maps(mother, doped), class_="figures")]
    cut = _hull_cut(mother, doped)
    return join(*parts, cut)


def _maps(mother: str, doped: list[_Doped]) -> list[Markup]:
    ordered = sorted(doped, key=lambda one: (one.doping.dopant != UNDOPED, one.doping.level))
    rows = list(dict.fromkeys(one.doping.dopant for one in ordered))
    columns = [significant(level, 3) for level in sorted({one.doping.level for one in doped})]
    places = {(one.doping.dopant, significant(one.doping.level, 3)): one for one in doped}
    maps = (
        ("hull energy (meV/atom)", _hull_cell, {"low_is_good": True}),
        ("conductivity (mS/cm)", _sigma_cell, {"log": True}),
        ("verdict", _verdict_cell, {"limits": (_VERDICT_VALUE[Verdict.FAIL], _VERDICT_VALUE[Verdict.PASS])}),
    )
    return [
        tag(
            "figure",
            heat_map(f"{mother}: {name}", rows, columns, {at: cell(one) for at, one in places.items()}, **options),
            tag("figcaption", f"{name[:1].upper()}{name[1:]} of dopant (rows) and level (columns)"),
        )
        for name, cell, options in maps
    ]


def _hull_cell(one: _Doped) -> HeatCell:
    known = [history for history in one.members if history.hull is not None]
    if not known:
        return HeatCell(None, "…", f"{one.best.id}: no hull energy yet")
    lowest = min(known, key=lambda history: history.hull.hull_energy_meV_per_atom if history.hull else 0.0)
    value = lowest.hull.hull_energy_meV_per_atom if lowest.hull else None
    return HeatCell(value, hull_number(lowest.hull), f"{lowest.id}: {hull_number(lowest.hull)} meV/atom above the hull")


def _sigma_cell(one: _Doped) -> HeatCell:
    judged = one.best.judged()
    if judged is None:
        return HeatCell(None, "–", f"{one.best.id}: no MD")
    found = judged_estimate(judged)
    at = f"{estimate(found)} mS/cm at {significant(judged.temperature_K)} K"
    if found.bound is not None:
        return HeatCell(None, f"< {significant(found.high95, 2)}", f"{one.best.id}: {at}")
    return HeatCell(found.mean, significant(found.mean, 2), f"{one.best.id}: {at}")


def _verdict_cell(one: _Doped) -> HeatCell:
    reached = one.best.reached()
    verdict = one.best.verdict(reached)
    if verdict is None:
        return HeatCell(None, "…", f"{one.best.id}: {reached.heading}, not decided yet")
    # A verdict of an earlier stage says less: only what reached MD is coloured as far as long MD is.
    value = _VERDICT_VALUE[verdict] if reached in {Stage.SHORT_MD, Stage.LONG_MD, Stage.CHECK_MD} else None
    value = 0.0 if verdict is Verdict.FAIL else value
    return HeatCell(
        value, f"{VERDICT_SIGN[verdict]} {reached.heading}", f"{one.best.id}: {verdict} at {reached.heading}"
    )


def _hull_cut(mother: str, doped: list[_Doped]) -> Markup | None:
    """Draw the energy above the hull of every arrangement against the level, and a line through the lowest."""
    series: dict[str, dict[float, list[tuple[float, str]]]] = {}
    undoped = next((one for one in doped if one.doping.dopant == UNDOPED), None)
    for one in doped:
        if one.doping.dopant != UNDOPED:
            for each in (undoped, one) if undoped is not None else (one,):
                levels = series.setdefault(one.doping.dopant, {})
                levels[each.doping.level] = [
                    (history.hull.hull_energy_meV_per_atom, history.id) for history in each.members if history.hull
                ]
    series = {name: levels for name, levels in series.items() if sum(map(bool, levels.values())) > 1}
    if not series:
        return None
    energies = [energy for levels in series.values() for found in levels.values() for energy, _ in found]
    chart = Chart(
        f"{mother}: energy above the hull along the doping axis",
        "level (share of host ions replaced)",
        "above the hull (meV/atom)",
        [level for levels in series.values() for level in levels],
        energies,
        x_zero=True,
        y_zero=True,
        width=520,
        height=300,
    )
    styles = series_styles(series)
    for name, levels in series.items():
        lowest = [(level, min(found)[0]) for level, found in sorted(levels.items()) if found]
        chart.line(lowest, styles[name][0], dash="4 3")
        for level, found in levels.items():
            for energy, candidate in found:
                chart.mark(level, energy, *styles[name], label=f"{candidate}: {milli_eV(energy)} meV/atom")
    caption = "Every relaxed arrangement; the line joins the lowest of each level. "
    return chart.figure(caption, series_legend(styles))
