"""Hull entries that the campaign brings itself: a file of computed entries, or the Materials Project's."""

from collections.abc import Iterable
from pathlib import Path

from pymatgen.entries.computed_entries import ComputedEntry

from ewald.errors import UserError
from screening.campaign.campaign import Campaign
from screening.hull.entries import EntrySet, load_entries, read_entries
from screening.hull.references import shipped_reference_elements
from screening.plan.composition import Composition
from screening.relaxation.relaxation import Provenance
from screening.species import elements_of
from workflows.engines.cache import engine_of, hull_engine
from workflows.references.entries_file import entries_file
from workflows.references.gaps import require_bound_cations
from workflows.references.materials_project import ensure_entries, require_compatible
from workflows.references.reference_phases import hull_systems, named_file, own_structures
from workflows.store.entry import CampaignEntry


def given_entries(entry: CampaignEntry, provenance: Provenance) -> EntrySet | None:
    """Return the entries named by the campaign; None when it relaxes shipped references itself.

    Raises
    ------
    UserError
        When they cannot be had or were computed another way than the candidates.
    """
    path = entries_file(entry)
    if path is None:
        return None
    if entry.campaign.hull.references == "materials-project" and not path.is_file():
        raise UserError(
            "the Materials Project's entries were not fetched yet", file=path, fix="ionsieve submit fetches them"
        )
    return read_entries(path, provenance)


def check_references(
    campaign: Campaign, base_dir: Path, compositions: Iterable[Composition], *, source: Path | None = None
) -> None:
    """Find what is wrong with the references a campaign names, without the network and without loading its engine.

    Parameters
    ----------
    source
        The campaign file, for the message.

    Raises
    ------
    UserError
        When the engine's energies cannot be combined with the Materials Project's, the file of entries is
        missing, an element of a composition or cathode has no reference, or a cation none with the anions.
    """
    plan = tuple(compositions)
    if campaign.hull.references == "materials-project":
        require_compatible(hull_engine(campaign, base_dir))
        return
    needed = frozenset(element for system in hull_systems(campaign, plan) for element in system)
    own = own_structures(campaign, base_dir)
    brought = {next(iter(elements_of(item))) for item in own.values() if len(elements_of(item)) == 1}
    if campaign.hull.references == "shipped":
        _require_shipped(campaign, needed - brought, source)
        require_bound_cations(campaign, base_dir, plan, source=source)
        return
    path = named_file(campaign, base_dir)
    if not path.is_file():
        raise UserError(
            "no such file", file=path, field="hull.references_file", fix="write the entries there with monty"
        )
    _require_elements(path, load_entries(path), needed - brought)
    require_bound_cations(campaign, base_dir, plan, source=source)


def _require_shipped(campaign: Campaign, needed: frozenset[str], source: Path | None) -> None:
    shipped = {next(iter(found)) for found in shipped_reference_elements().values() if len(found) == 1}
    excluded = {name.removeprefix("el_") for name in campaign.hull.exclude_references if name.startswith("el_")}
    missing = sorted(needed - (shipped - excluded))
    if not missing:
        return
    field, value = "hull.references", "shipped"
    fix = f"reference_structures: [a structure file of {missing[0]}, ...], or references: file with entries of it"
    of_cathodes = [name for name in campaign.hull.cathodes if set(missing) <= elements_of(name)]
    if set(missing) <= excluded:
        field, value = "hull.exclude_references", ", ".join(f"el_{name}" for name in missing)
        fix = "keep it: without every element a hull is not defined"
    elif of_cathodes:
        field, value = "hull.cathodes", of_cathodes[0]
    raise UserError(
        f"no shipped reference phase of the element{'s' if len(missing) > 1 else ''} {', '.join(missing)}",
        file=source,
        field=field,
        value=value,
        fix=fix,
    )


def _require_elements(path: Path, entries: Iterable[ComputedEntry], needed: frozenset[str]) -> None:
    have = {symbol for found in map(elements_of, entries) if len(found) == 1 for symbol in found}
    missing = sorted(needed - have)
    if missing:
        raise UserError(
            f"holds no phase of the element{'s' if len(missing) > 1 else ''} {', '.join(missing)}",
            file=path,
            field="hull.references_file",
            fix="add them: without every element a hull is not defined",
        )


def prepare_references(entry: CampaignEntry, compositions: Iterable[Composition]) -> None:
    """Make sure, before anything is computed, that the hull will find the entries that the campaign names.

    Raises
    ------
    UserError
        When they cannot be had, were computed another way, or lack an element of a composition.
    """
    hull = entry.campaign.hull
    plan = tuple(compositions)
    check_references(entry.campaign, entry.base_dir, plan)
    if hull.references == "shipped":
        return
    provenance = engine_of(hull_engine(entry.campaign, entry.base_dir), entry.base_dir).provenance
    if hull.references == "materials-project":
        ensure_entries(entry.folder, hull_systems(entry.campaign, plan), provenance.energy_key)
    else:
        read_entries(named_file(entry.campaign, entry.base_dir), provenance)
