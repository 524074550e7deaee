"""A campaign: everything a user decides, in one YAML file."""

import hashlib
import json
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, model_validator

from ewald.errors import CampaignError
from ewald.files.document import read_yaml, user_error
from screening.campaign.doping import DopingPlan, MotherSpec, SupercellPlan
from screening.campaign.execution import DatabaseChoice, EngineChoice, Execution
from screening.campaign.section import Section
from screening.campaign.stages import Audit, EwaldStage, HullStage, MDStage, RelaxationStage, VerdictRule


class Campaign(Section):
    """A screening campaign from mother crystals to ranked conductors."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$",
        description="Name of the campaign; names its folder and database entries",
    )
    description: str = Field("", description="Free text shown in the report")
    demonstration: bool = Field(
        False, description="Mark the results as a demonstration: cells and runs too short to publish"
    )
    seed: int = Field(1, ge=0, description="Seed of every random choice")
    work_dir: str = Field(
        "campaigns", description="Folder in which the campaign's folder is made, relative to where it is run"
    )
    mothers: tuple[MotherSpec, ...] = Field(min_length=1, description="Mother crystals")
    doping: tuple[DopingPlan, ...] = Field(min_length=1, description="What replaces what in the mothers")
    include_undoped: bool = Field(True, description="Also screen the undoped mothers, as the baseline of every figure")
    supercell: SupercellPlan = Field(default_factory=SupercellPlan, description="Size of the cells")
    ewald: EwaldStage = Field(default_factory=EwaldStage, description="Electrostatic screen")
    engine: EngineChoice = Field(description="Code for relaxation and MD")
    relax: RelaxationStage = Field(default_factory=RelaxationStage, description="Relaxation")
    hull: HullStage = Field(default_factory=HullStage, description="Convex hull filter")
    short_md: MDStage = Field(
        default_factory=lambda: MDStage(timestep_fs=10, length_ps=100, segment_ps=25, equilibration_ps=5),
        description="Short, coarse diagnosis",
    )
    long_md: MDStage = Field(
        default_factory=lambda: MDStage(
            timestep_fs=1, length_ps=250, max_length_ps=1000, segment_ps=25, equilibration_ps=10
        ),
        description="Long MD of the survivors",
    )
    verdict: VerdictRule = Field(default_factory=VerdictRule, description="Threshold of conductivity")
    audit: Audit = Field(default_factory=Audit, description="Measure the recall of the filters")
    database: DatabaseChoice = Field(default_factory=DatabaseChoice, description="MongoDB")
    execution: Execution = Field(default_factory=Execution, description="Local workers")

    @model_validator(mode="after")
    def _names_known(self) -> Self:
        names = [mother.name or Path(mother.structure).stem for mother in self.mothers]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two mothers are called {name}: give one of them another name")
        for plan in self.doping:
            for name in plan.mothers or ():
                if name not in names:
                    raise ValueError(f"doping names the mother {name}, but the mothers are {', '.join(names)}")
        return self

    def revision(self) -> str:
        """Hash of everything that can change a result; where and by how many workers it runs is left out."""
        science = self.model_dump(mode="json", exclude={"database", "execution", "work_dir", "description"})
        science["engine"] = self.engine.science()
        return hashlib.sha256(json.dumps(science, sort_keys=True).encode()).hexdigest()[:12]


def load_campaign(path: Path) -> Campaign:
    """Read a campaign file.

    Raises
    ------
    CampaignError
        When the file is missing, is not YAML, or holds a value that cannot be meant; the line names the field.
    """
    content = read_yaml(path, CampaignError, fix="`ionsieve init` writes a first campaign")
    try:
        return Campaign.model_validate(content)
    except ValidationError as error:
        raise user_error(error, CampaignError, model=Campaign, file=path) from None
