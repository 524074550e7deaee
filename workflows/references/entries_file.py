"""Which file holds the entries that a campaign's hulls are built from; asked without loading any."""

from pathlib import Path

from workflows.references.reference_phases import named_file
from workflows.store.entry import CampaignEntry

MATERIALS_PROJECT_FILE = "references-materials-project.json"


def entries_file(entry: CampaignEntry) -> Path | None:
    """Return the file of the entries that the campaign names; None when it relaxes shipped references itself."""
    if entry.campaign.hull.references == "shipped":
        return None
    if entry.campaign.hull.references == "materials-project":
        return entry.folder / MATERIALS_PROJECT_FILE
    return named_file(entry.campaign, entry.base_dir)
