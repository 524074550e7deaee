"""Hull entries that the campaign brings itself: a file of computed entries, or the Materials Project's."""

from collections.abc import Iterable
from pathlib import Path

from ewald.errors import UserError
from screening.campaign import Campaign
from screening.composition import Composition
from screening.entries import EntrySet, read_entries, symbols_of
from screening.relaxation import Provenance
from workflows.engine_cache import engine_of, resolved
from workflows.materials_project import FILE_NAME, ensure_entries, require_compatible
from workflows.reference_phases import elements_of
from workflows.store import CampaignEntry


def given_entries(entry: CampaignEntry, provenance: Provenance) -> EntrySet | None:
    """Return the entries named by the campaign; None when it relaxes shipped references itself.

    Raises
    ------
    UserError
        When they cannot be had or were computed another way than the candidates.
    """
    hull = entry.campaign.hull
    if hull.references == "shipped":
        return None
    if hull.references == "materials-project":
        path = entry.folder / FILE_NAME
        if not path.is_file():
            raise UserError(
                "the Materials Project's entries were not fetched yet", file=path, mend="ionsieve submit fetches them"
            )
        return read_entries(path, provenance)
    return read_entries(_named_file(entry.campaign, entry.base_dir), provenance)


def check_references(campaign: Campaign, base_dir: Path) -> None:
    """Find what is wrong with the references a campaign names, without the network and without loading its engine.

    Raises
    ------
    UserError
        When the engine's energies may not meet the Materials Project's, or the file of entries is missing.
    """
    if campaign.hull.references == "materials-project":
        require_compatible(resolved(campaign.engine, base_dir))
    elif campaign.hull.references == "file":
        path = _named_file(campaign, base_dir)
        if not path.is_file():
            raise UserError(
                "no such file", file=path, field="hull.references_file", mend="write the entries there with monty"
            )


def prepare_references(entry: CampaignEntry, compositions: Iterable[Composition]) -> None:
    """Make sure, before anything is computed, that the hull will find the entries that the campaign names.

    Raises
    ------
    UserError
        When they cannot be had, were computed another way, or lack an element of a composition.
    """
    hull = entry.campaign.hull
    if hull.references == "shipped":
        return
    check_references(entry.campaign, entry.base_dir)
    provenance = engine_of(entry).provenance
    systems = {elements_of(composition) for composition in compositions}
    if hull.references == "materials-project":
        ensure_entries(entry.folder, systems, provenance.energy_key)
        return
    path = _named_file(entry.campaign, entry.base_dir)
    given = read_entries(path, provenance)
    elements = {symbol for found in map(symbols_of, given.entries) if len(found) == 1 for symbol in found}
    missing = sorted({element for system in systems for element in system} - elements)
    if missing:
        raise UserError(
            f"holds no phase of the element{'s' if len(missing) > 1 else ''} {', '.join(missing)}",
            file=path,
            field="hull.references_file",
            mend="add them: without every element a hull is not defined",
        )


def _named_file(campaign: Campaign, base_dir: Path) -> Path:
    path = Path(campaign.hull.references_file or "").expanduser()
    return path if path.is_absolute() else base_dir / path
