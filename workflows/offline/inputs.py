"""What a stage needs from the database, put into the file that its job starts from."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ewald.errors import UserError
from screening.campaign.campaign import Campaign
from screening.campaign.stages import MDStage
from screening.value import Value
from workflows.md.runs import segment_subject
from workflows.md.schedule import parts_of
from workflows.spec import MD_STAGES, StageSpec, link_result
from workflows.store.entry import CampaignEntry, StoredResult
from workflows.store.results import CampaignResults

if TYPE_CHECKING:
    from fireworks import LaunchPad

SPEC_KEY = "offline"


class OfflineInputs(Value):
    """A campaign and the earlier results that one Firework reads.

    Attributes
    ----------
    folder
        The campaign's folder; the compute node sees it under the same path.
    """

    campaign: Campaign
    revision: str
    folder: Path
    base_dir: Path
    results: tuple[StoredResult, ...]

    @property
    def entry(self) -> CampaignEntry:
        """The campaign as the stages know it."""
        return CampaignEntry(self.campaign, self.revision, self.folder, self.base_dir)


def needed_results(spec: StageSpec, long_md: MDStage) -> list[tuple[str, str]]:
    """Return the stages and subjects of the results that a Firework reads, its own included.

    Parameters
    ----------
    spec
        Of the Firework.
    long_md
        The campaign's long MD, whose runs a validation reads.

    Raises
    ------
    UserError
        When the stage reads too much of the database to run without it.
    """
    links = [(link_result(spec.stage, link), spec.subject) for link in range(spec.link + 1)]
    if spec.stage == "reference":
        return [("reference", spec.subject), *links]
    if spec.stage == "relax":
        return [("candidate", spec.subject), ("relax", spec.subject), *links]
    if spec.stage in MD_STAGES:
        parts = (segment_subject(spec.subject, spec.temperature_K or 0.0, part) for part in range(spec.part + 1))
        return [("relax", spec.subject), *((f"{spec.stage}_segment", part) for part in parts)]
    if spec.stage == "validation":
        runs = parts_of(spec, long_md)
        segments = (segment_subject(spec.subject, T, part) for T, parts in runs.items() for part in range(parts))
        own = [(stage, spec.subject) for stage in ("candidate", "relax", "validation")]
        return [*own, *(("long_md_segment", segment) for segment in segments)]
    raise UserError(
        "this stage needs the database and cannot run offline",
        value=spec.key,
        fix="give the offline queue a my_fworker.yaml with category: [dft, md]; "
        "ionsieve rlaunch rapidfire on the login node does the light stages",
    )


def gather(launchpad: "LaunchPad", spec: StageSpec) -> OfflineInputs:
    """Read what a Firework needs; done where the database is, when the job is submitted."""
    from workflows.store.store import Store

    store = Store(launchpad.db)
    entry = store.campaign(spec.campaign, spec.revision)
    results: CampaignResults = store.results(entry)
    return OfflineInputs(
        campaign=entry.campaign,
        revision=entry.revision,
        folder=entry.folder,
        base_dir=entry.base_dir,
        results=results.stored(needed_results(spec, entry.campaign.long_md)),
    )


def read_inputs(fw_spec: dict[str, Any]) -> OfflineInputs:
    """Read what the job's file brought along.

    Raises
    ------
    UserError
        When the job was submitted by FireWorks' own `qlaunch`, which brings nothing.
    """
    if SPEC_KEY not in fw_spec:
        raise UserError(
            "this offline job has no inputs", value=fw_spec.get("key"), fix="submit it with ionsieve qlaunch -r"
        )
    return OfflineInputs.from_document(fw_spec[SPEC_KEY])
