"""A campaign of any number of compositions, for the benchmarks of scale: one composition again and again."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from fireworks import LaunchPad

from screening.campaign import load_campaign
from screening.plan import Plan, build_plan
from workflows.campaign.campaign_file import CampaignFile
from workflows.campaign.submitted_settings import write_settings
from workflows.launchpad import connect_private, prepare, private_server
from workflows.operations.submit import _add_workflows, _enter_plan
from workflows.store import CampaignEntry, CampaignResults, Store

CAMPAIGN = {
    "name": "scale",
    "demonstration": True,
    "mothers": [{"structure": "Na3SbS4_tet_derived", "name": "Na3SbS4", "mobile": "Na"}],
    "doping": [{"site": "Sb", "dopants": ["W6+"], "levels": ["1/2"], "compensation": ["vacancy"]}],
    "include_undoped": False,
    "supercell": {"target_ions": 128, "max_ions": 128},
    "engine": {"preset": "toy"},
}


@dataclass(frozen=True)
class ScaleCampaign:
    """A campaign in a private database of its own, planned and not submitted yet."""

    file: CampaignFile
    plan: Plan
    launchpad: LaunchPad
    results: CampaignResults

    def submit(self) -> None:
        """Enter the plan and add the workflows, as `ionsieve submit` does."""
        _enter_plan(self.plan, self.results)
        _add_workflows(self.plan, self.results, self.launchpad)


def scale_campaign(folder: Path, compositions: int, **changes: Any) -> ScaleCampaign:
    """Plan the campaign in a folder and start its database; :func:`stop` ends that."""
    path = folder / "campaign.yaml"
    path.write_text(yaml.safe_dump(CAMPAIGN | changes | {"work_dir": str(folder / "w")}))
    file = CampaignFile(path, load_campaign(path))
    plan = _many(build_plan(file.campaign, file.base_dir), compositions)
    file.folder.mkdir(parents=True)
    launchpad = connect_private(private_server(file.folder), file.folder / "my_launchpad.yaml", "ionsieve")
    prepare(launchpad)
    store = Store(launchpad.db)
    store.prepare()
    entry = CampaignEntry(file.campaign, file.campaign.revision(), file.folder, file.base_dir)
    store.register(entry)
    write_settings(entry)
    return ScaleCampaign(file, plan, launchpad, store.results(entry))


def stop(folder: Path) -> None:
    """Stop the database of a campaign in a folder."""
    private_server(folder / "w" / "scale").stop()


def _many(plan: Plan, count: int) -> Plan:
    """Return the plan with its composition repeated under other names, each of a mother of its own."""
    one = plan.compositions[0]
    copies = [
        one.model_copy(update={"id": f"{one.id}-{number:05d}", "mother": f"{one.mother}-{number:05d}"})
        for number in range(count)
    ]
    return plan.model_copy(update={"compositions": tuple(copies)})
