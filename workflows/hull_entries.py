"""Hull entries that the campaign brings itself: a file of computed entries, or the Materials Project's."""

from pathlib import Path

from ewald.errors import CampaignError
from screening.entries import EntrySet, read_entries
from screening.relaxation import Provenance
from workflows.store import CampaignEntry


def given_entries(entry: CampaignEntry, provenance: Provenance) -> EntrySet | None:
    """Return the entries named by the campaign; None when it relaxes shipped references itself.

    Raises
    ------
    CampaignError
        When they cannot be had or were computed another way than the candidates.
    """
    hull = entry.campaign.hull
    if hull.references == "shipped":
        return None
    if hull.references == "materials-project":
        raise CampaignError(
            "the Materials Project's entries are not fetched by a running campaign",
            field="hull.references",
            mend="save the entries of the campaign's elements to a file and use references: file",
        )
    path = Path(hull.references_file or "")
    return read_entries(path if path.is_absolute() else entry.base_dir / path, provenance)
