"""Hull energies against the references and the campaign's own phases.

The campaign's phases come in one after the other, so this energy is computed whenever a record is made, from what is
relaxed by then, and never inside the stage that decides: that decision must not depend on who finished first.
"""

from collections.abc import Iterable, Sequence

from pymatgen.entries.computed_entries import ComputedEntry

from ewald.errors import UserError
from screening.hull.entries import EntrySet, entries_of
from screening.hull.hull import phase_diagram
from screening.hull.result import HullRecord
from screening.relaxation.relaxation import RelaxedStructure
from screening.species import elements_of


def with_campaign_phases(
    records: Sequence[HullRecord],
    relaxed: Sequence[RelaxedStructure],
    references: Sequence[RelaxedStructure] | EntrySet,
) -> tuple[HullRecord, ...]:
    """Return the records with the energy against the references and the campaign's phases of other compositions.

    Parameters
    ----------
    records
        Hull records of candidates.
    relaxed
        Every soundly relaxed arrangement of the campaign, the candidates of the records among them.
    references
        The competing phases that the records were measured against.

    Returns
    -------
    tuple of HullRecord
        In the order given. A record whose candidate is not among the relaxed, or whose energies cannot be compared with
        the references any more, keeps what it has.
    """
    try:
        own = entries_of(sorted(relaxed, key=lambda item: item.id))
        known = references if isinstance(references, EntrySet) else entries_of(references)
    except UserError:
        return tuple(records)
    if not own.entries or own.energy_key != known.energy_key:
        return tuple(records)
    entries = {str(entry.entry_id): entry for entry in own.entries}
    phases = _lowest_of_each_formula(own.entries)
    energies: dict[str, float] = {}
    for members in _by_formula(entries[r.candidate_id] for r in records if r.candidate_id in entries).values():
        energies |= _energies(members, known, phases)
    return tuple(
        record.model_copy(update={"hull_energy_with_campaign_meV_per_atom": energies[record.candidate_id]})
        if record.candidate_id in energies
        else record
        for record in records
    )


def _by_formula(entries: Iterable[ComputedEntry]) -> dict[str, list[ComputedEntry]]:
    groups: dict[str, list[ComputedEntry]] = {}
    for entry in entries:
        groups.setdefault(entry.composition.element_composition.reduced_formula, []).append(entry)
    return groups


def _lowest_of_each_formula(entries: Sequence[ComputedEntry]) -> dict[str, ComputedEntry]:
    """Keep the lowest phase of each formula: the others lie above it and never shape a hull."""
    return {
        formula: min(members, key=lambda entry: (entry.energy_per_atom, str(entry.entry_id)))
        for formula, members in _by_formula(entries).items()
    }


def _energies(members: Sequence[ComputedEntry], known: EntrySet, phases: dict[str, ComputedEntry]) -> dict[str, float]:
    """Return the energies (meV/atom) of the arrangements of one formula, which share a hull."""
    elements = elements_of(members[0])
    formula = members[0].composition.element_composition.reduced_formula
    rivals = [phase for name, phase in phases.items() if name != formula and elements_of(phase) <= elements]
    try:
        diagram = phase_diagram([*known.within(elements), *rivals], elements)
    except UserError:
        return {}
    found = {}
    for entry in members:
        _, energy = diagram.get_decomp_and_e_above_hull(entry, allow_negative=True, check_stable=False)
        found[str(entry.entry_id)] = 1000 * float(energy)
    return found
