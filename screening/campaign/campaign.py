"""A campaign: everything a user decides, in one YAML file."""

import difflib
import hashlib
import json
from pathlib import Path
from typing import Any, Self, get_args

import yaml
from pydantic import BaseModel, Field, ValidationError, model_validator

from ewald.errors import CampaignError
from screening.campaign.doping import DopingPlan, EwaldStage, MotherSpec, SupercellPlan
from screening.campaign.execution import DatabaseChoice, EngineChoice, Execution
from screening.campaign.section import Section
from screening.campaign.stages import Audit, HullStage, MDStage, RelaxationStage, VerdictRule


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
    audit: Audit = Field(default_factory=Audit, description="Measure the filters' losses")
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
        return hashlib.sha256(json.dumps(science, sort_keys=True).encode()).hexdigest()[:12]


def load_campaign(path: Path) -> Campaign:
    """Read a campaign file.

    Raises
    ------
    CampaignError
        When the file is missing, is not YAML, or holds a value that cannot be meant; the line names the field.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CampaignError("no such file", file=path, mend="`ionsieve init` writes a first campaign") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CampaignError(f"cannot be read: {error}", file=path) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise CampaignError(f"is not YAML: {error}", file=path) from None
    if not isinstance(content, dict):
        raise CampaignError("is not a mapping of keys to values", file=path, mend="`ionsieve init` writes an example")
    try:
        return Campaign.model_validate(content)
    except ValidationError as error:
        raise campaign_error(error, path) from None


def campaign_error(error: ValidationError, path: Path) -> CampaignError:
    """Turn pydantic's first complaint into one line that names file, field, value and mend."""
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    value = None if isinstance(first["input"], dict) else first["input"]
    message = first["msg"].removeprefix("Value error, ")
    mend = None
    if first["type"] == "extra_forbidden":
        message = "unknown key"
        near = difflib.get_close_matches(str(first["loc"][-1]), sorted(_keys(Campaign)), n=1)
        mend = f"did you mean {near[0]}? " if near else ""
        mend += "the keys are listed by `ionsieve check --schema`"
    elif first["type"] == "missing":
        message, value, mend = "is missing", None, "add it"
    more = f"; {error.error_count() - 1} more like this" if error.error_count() > 1 else ""
    return CampaignError(
        message[:1].lower() + message[1:] + more, file=path, field=field or None, value=value, mend=mend
    )


def _keys(model: type[BaseModel]) -> set[str]:
    """Return the names of all keys of a section and of the sections within it."""
    found = set(model.model_fields)
    waiting: list[Any] = [field.annotation for field in model.model_fields.values()]
    while waiting:
        annotation = waiting.pop()
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            found |= _keys(annotation)
        waiting += get_args(annotation)
    return found
