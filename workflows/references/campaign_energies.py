"""Hull energies against the campaign's own phases, computed once for every state of the campaign."""

from collections.abc import Collection

from ewald.errors import UserError
from ewald.files.checksum import file_sha256
from ewald.version import __version__
from screening.hull.result import HullRecord
from screening.relaxation.relaxation import RelaxedStructure
from screening.value import content_hash
from workflows.references.entries_file import entries_file
from workflows.store.entry import CampaignEntry
from workflows.store.results import CampaignResults

_NAME = "energies against the campaign's phases"


def campaign_energies(results: CampaignResults, sound: Collection[str]) -> dict[str, float]:
    """Return the energy of every candidate against the campaign's own phases, as far as they are relaxed by now.

    They are kept in the database under a hash of everything that they depend on, so that what is kept is never stale:
    after a rerun, a recovery or a deletion the hash is another one.

    Parameters
    ----------
    results
        The campaign.
    sound
        Candidates whose relaxation passed.

    Returns
    -------
    dict
        Energies (meV/atom) by candidate; empty while nothing can be measured.
    """
    marks = results.marks("relax", "reference", "hull")
    key = content_hash(__version__, sorted(sound), marks, _given_checksum(results.entry))
    found = results.kept(_NAME, key)
    if found is None:
        found = _computed(results, sound)
        results.keep(_NAME, key, found)
    return found


def _given_checksum(entry: CampaignEntry) -> str:
    path = entries_file(entry)
    return file_sha256(path) if path is not None and path.is_file() else ""


def _computed(results: CampaignResults, sound: Collection[str]) -> dict[str, float]:
    from screening.hull.campaign_hull import with_campaign_phases
    from screening.hull.entries import entries_of
    from workflows.references.hull_entries import given_entries

    hulls = tuple(results.all(HullRecord, "hull").values())
    relaxed = [item for item in results.all(RelaxedStructure, "relax").values() if item.id in sound]
    if not relaxed or not hulls:
        return {}
    converged = [item for item in results.all(RelaxedStructure, "reference").values() if item.converged]
    try:
        # The file of entries may be gone or changed; what was decided with it stands, and is still to be read.
        given = given_entries(results.entry, relaxed[0].provenance)
        known = converged if given is None else given.joined(entries_of(converged))
    except UserError:
        return {}
    records = with_campaign_phases(hulls, relaxed, known)
    energies = {record.candidate_id: record.hull_energy_with_campaign_meV_per_atom for record in records}
    return {name: energy for name, energy in energies.items() if energy is not None}
