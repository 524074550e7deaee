"""Conductivity against temperature of the best candidates, beside the literature."""

from collections.abc import Sequence

from pymatgen.core import Composition

from ewald.numbers import estimate
from screening.campaign.literature import LiteraturePoint
from screening.decision import Stage
from screening.record.history import CandidateHistory
from screening.record.record import CampaignRecord
from screening.report.drawing.arrhenius_chart import arrhenius_chart
from screening.report.html.labels import candidate_link
from screening.report.html.markup import Markup, join, tag
from screening.report.html.table import plain_table
from screening.transport.conductivity import TransportResult

MOST = 6
"""Candidates in one drawing; more lines cannot be told apart."""
_SAME_COMPOSITION = 0.01


def arrhenius_section(record: CampaignRecord, candidates: Sequence[CandidateHistory]) -> Markup:
    """Return one drawing of the best candidates with runs, and a table of activation energies.

    Parameters
    ----------
    record
        The campaign, with its points of the literature.
    candidates
        Best first.
    """
    shown = [(history, runs) for history in candidates if (runs := best_runs(history))][:MOST]
    if not shown:
        return tag("p", "No candidate has an analysed MD run yet.")
    mothers = {history.candidate.mother for history, _ in shown}
    literature = [point for point in record.campaign.literature if point.mother in mothers]
    chart = arrhenius_chart(
        [(history.id, result) for history, runs in shown for result in runs],
        at_K=record.campaign.verdict.temperature_K,
        literature=literature,
        width=640,
    )
    rows = [
        [
            candidate_link(history.id),
            ", ".join(f"{result.temperature_K:g}" for result in runs),
            estimate(history.activation_energy_eV()),
        ]
        for history, runs in shown
    ]
    table = plain_table(("candidate", "runs at (K)", "Eₐ (eV)"), rows)
    note = None
    if all(len(runs) < 2 for _, runs in shown):
        note = tag("p", "Activation energies need runs at two temperatures or more.", class_="note")
    return join(tag("div", chart, table, class_="figures"), note)


def best_runs(history: CandidateHistory) -> tuple[TransportResult, ...]:
    """Return the runs of the long MD, or of the short one where there is no other."""
    return history.transport(Stage.LONG_MD) or history.transport(Stage.SHORT_MD)


def literature_of(history: CandidateHistory, points: Sequence[LiteraturePoint]) -> tuple[LiteraturePoint, ...]:
    """Return the points that belong to a candidate: of its mother, and of its composition where one is named."""
    own = history.structure.composition.element_composition.fractional_composition
    return tuple(
        point
        for point in points
        if point.mother == history.candidate.mother
        and (point.formula is None or _same(Composition(point.formula), own))
    )


def _same(one: Composition, other: Composition) -> bool:
    share = one.element_composition.fractional_composition
    return all(abs(share[element] - other[element]) < _SAME_COMPOSITION for element in {*share, *other})
