"""How well the Ewald energy predicts the relaxed energy: rank correlation within compositions."""

from collections import defaultdict
from dataclasses import dataclass

from ewald.numbers import significant
from screening.rank_correlation import rank_correlation
from screening.record.audit import LEAST_PAIRS
from screening.record.history import histories
from screening.record.record import CampaignRecord
from screening.report.drawing.chart import Chart, series_legend, series_styles
from screening.report.html.markup import Markup, join, tag

LEAST_ARRANGEMENTS = 3
"""Fewer arrangements of a composition than this say nothing about ranks."""


@dataclass(frozen=True)
class SurrogatePoint:
    """A relaxed candidate: both energies in meV/atom, relative to the mean of its composition.

    Attributes
    ----------
    candidate, composition, mother
        Their ids.
    ewald_meV_per_atom, relaxed_meV_per_atom
        Energies before and after relaxation, less the mean of the composition.
    """

    candidate: str
    composition: str
    mother: str
    ewald_meV_per_atom: float
    relaxed_meV_per_atom: float


@dataclass(frozen=True)
class Surrogate:
    """The surrogate's quality.

    Attributes
    ----------
    points
        Candidates of compositions with at least three soundly relaxed ones.
    by_composition
        Spearman's rank correlation within each composition.
    lowest_found
        Compositions in which the lowest relaxed energy belongs to the lowest Ewald energy.
    """

    points: tuple[SurrogatePoint, ...]
    by_composition: dict[str, float]
    lowest_found: int

    @property
    def mean(self) -> float | None:
        """Mean of the rank correlations; None for fewer than eight candidates in all."""
        if len(self.points) < LEAST_PAIRS or not self.by_composition:
            return None
        return sum(self.by_composition.values()) / len(self.by_composition)


def measure_surrogate(record: CampaignRecord) -> Surrogate:
    """Compare Ewald and relaxed energies within compositions; relaxations that failed are left out."""
    groups: defaultdict[str, list[tuple[str, str, float, float]]] = defaultdict(list)
    for history in histories(record).values():
        relaxed = history.relaxed
        if relaxed is None or not relaxed.converged:
            continue
        ions = len(relaxed.structure)
        energies = (1000 * history.candidate.ewald_energy_eV / ions, 1000 * relaxed.energy_eV / ions)
        groups[history.candidate.composition_id].append((history.id, history.candidate.mother, *energies))
    points, correlations, lowest = [], {}, 0
    for composition, members in groups.items():
        if len(members) < LEAST_ARRANGEMENTS:
            continue
        ewald, relaxed_energy = [member[2] for member in members], [member[3] for member in members]
        if len(set(ewald)) > 1 and len(set(relaxed_energy)) > 1:
            correlations[composition] = rank_correlation(ewald, relaxed_energy)
        lowest += relaxed_energy[ewald.index(min(ewald))] == min(relaxed_energy)
        means = (sum(ewald) / len(ewald), sum(relaxed_energy) / len(relaxed_energy))
        points += [
            SurrogatePoint(name, composition, mother, a - means[0], b - means[1]) for name, mother, a, b in members
        ]
    return Surrogate(tuple(points), correlations, lowest)


def surrogate_section(record: CampaignRecord) -> Markup:
    """Return the scatter of relaxed against Ewald energies with what it says."""
    found = measure_surrogate(record)
    if not found.points:
        return tag("p", f"Fewer than {LEAST_ARRANGEMENTS} arrangements of any composition are relaxed so far.")
    styles = series_styles(point.mother for point in found.points)
    chart = Chart(
        "Relaxed energy against Ewald energy",
        "Ewald energy, relative (meV/atom)",
        "relaxed energy, relative (meV/atom)",
        [point.ewald_meV_per_atom for point in found.points],
        [point.relaxed_meV_per_atom for point in found.points],
        width=560,
        height=360,
    )
    for point in found.points:
        chart.mark(point.ewald_meV_per_atom, point.relaxed_meV_per_atom, *styles[point.mother], label=point.candidate)
    compositions = len({point.composition for point in found.points})
    correlation = (
        f"Within a composition the mean Spearman rank correlation is {significant(found.mean, 2)} over "
        f"{len(found.by_composition)} compositions"
        if found.mean is not None
        else f"{len(found.points)} arrangements are too few for a rank correlation"
    )
    summary = (
        f"{correlation}; in {found.lowest_found} of {compositions} the arrangement of "
        "lowest Ewald energy is also the lowest after relaxation."
    )
    figure = chart.figure("Each energy is relative to the mean of its composition.", series_legend(styles))
    return join(tag("p", summary), figure)
