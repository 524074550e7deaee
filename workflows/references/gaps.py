"""What the references of a campaign lack, found before anything is computed."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pymatgen.core import Composition as Formula

from ewald.errors import UserError
from ewald.numbers import first_few
from screening.campaign.campaign import Campaign
from screening.hull.entries import complete_systems, load_entries
from screening.hull.known_compounds import missing_compounds, missing_for_window, unbound_cations
from screening.hull.references import shipped_formulas
from screening.hull.written import written_formula
from screening.plan.composition import Composition
from screening.species import element_of, elements_of, summed
from workflows.references.reference_phases import named_file, own_structures, reference_names

_NAMED = 8
"""Missing compounds that one line names."""


@dataclass(frozen=True)
class ReferenceGaps:
    """What is missing, each with the compositions that need it.

    Attributes
    ----------
    unbound
        Cations that no reference combines with an anion of the composition.
    compounds
        Known compounds that compete at the composition.
    window_compounds
        Known compounds that limit the electrochemical window alone.
    compositions
        Number of compositions looked at.
    """

    unbound: Mapping[str, tuple[str, ...]]
    compounds: Mapping[str, tuple[str, ...]]
    window_compounds: Mapping[str, tuple[str, ...]]
    compositions: int

    def lines(self) -> Iterator[str]:
        """Yield what is missing in sentences; one line where nothing is."""
        if self.unbound:
            named = _counted(self.unbound)
            yield (
                f"no reference at all combines these cations with the anions: {named}; their hull energies would be "
                "meaningless"
            )
        if self.compounds:
            undecided = len({name for names in self.compounds.values() for name in names})
            yield (
                f"{undecided} of {self.compositions} compositions lack competing phases, so that their hull energy is "
                "a lower bound, which can fail a candidate and never pass it: no reference of "
                f"{_counted(self.compounds)}; hull.reference_structures adds structures of them"
            )
        if self.window_compounds:
            withheld = len({name for names in self.window_compounds.values() for name in names})
            yield (
                f"the window of {withheld} more compositions is withheld: no reference of "
                f"{_counted(self.window_compounds)}"
            )
        if not self.unbound and not self.compounds:
            yield "every known compound that competes at a composition has a reference"


def _counted(missing: Mapping[str, tuple[str, ...]]) -> str:
    """Name the most wanted first, with the number of compositions."""
    ordered = sorted(missing.items(), key=lambda item: (-len(item[1]), item[0]))
    return first_few([f"{written_formula(name)} ({len(names)})" for name, names in ordered], _NAMED)


def reference_gaps(campaign: Campaign, base_dir: Path, compositions: Iterable[Composition]) -> ReferenceGaps | None:
    """Look up which known compounds the campaign's references lack; None for the Materials Project's own entries."""
    if campaign.hull.references == "materials-project":
        return None
    plan = list(compositions)
    available, complete = _available(campaign, base_dir, plan)
    phases = [elements_of(name) for name in available]
    unbound: dict[str, tuple[str, ...]] = {}
    compounds: dict[str, tuple[str, ...]] = {}
    window: dict[str, tuple[str, ...]] = {}
    for composition in plan:
        formula, elements = _formula(composition), frozenset(map(element_of, composition.totals()))
        if any(system >= elements for system in complete):
            continue
        _note(unbound, unbound_cations(elements, phases), composition.id)
        lacking = missing_compounds(formula, available)
        _note(compounds, lacking, composition.id)
        if campaign.hull.electrodes and not lacking:
            mobile = composition.mobile
            _note(window, missing_for_window(formula, mobile, available), composition.id)
    return ReferenceGaps(unbound, compounds, window, len(plan))


def require_bound_cations(
    campaign: Campaign, base_dir: Path, compositions: Iterable[Composition], *, source: Path | None = None
) -> None:
    """Refuse a hull in which nothing competes for a cation, unless the campaign allows it.

    Parameters
    ----------
    base_dir
        Folder that the campaign's paths start from.
    source
        The campaign file, for the message.

    Raises
    ------
    UserError
        When a cation of a composition has no reference with any of its anions.
    """
    if campaign.hull.allow_missing_references:
        return
    gaps = reference_gaps(campaign, base_dir, compositions)
    if gaps is None or not gaps.unbound:
        return
    cation, names = next(iter(gaps.unbound.items()))
    raise UserError(
        f"no reference combines {cation} with an anion of {names[0]}, so that nothing competes with it and its energy "
        "above the hull would be meaningless",
        file=source,
        field="hull.references",
        value=campaign.hull.references,
        fix="reference_structures: [file] adds phases; allow_missing_references: true runs without",
    )


def _available(
    campaign: Campaign, base_dir: Path, plan: list[Composition]
) -> tuple[frozenset[str], tuple[frozenset[str], ...]]:
    """Return the formulas of the campaign's references, and the systems that its file calls complete."""
    own = own_structures(campaign, base_dir)
    formulas = {structure.composition.element_composition.reduced_formula for structure in own.values()}
    names = [name for name in reference_names(campaign, plan) if name not in own]
    complete: tuple[frozenset[str], ...] = ()
    if campaign.hull.references == "file":
        path = named_file(campaign, base_dir)
        formulas |= {entry.composition.element_composition.reduced_formula for entry in load_entries(path)}
        complete = complete_systems(path)
    return frozenset(formulas) | shipped_formulas(names), complete


def _formula(composition: Composition) -> Formula:
    return Formula(summed((element_of(species), float(n)) for species, n in composition.totals().items()))


def _note(found: dict[str, tuple[str, ...]], names: Collection[str], composition_id: str) -> None:
    for name in names:
        found[name] = (*found.get(name, ()), composition_id)
