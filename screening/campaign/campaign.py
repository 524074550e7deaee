"""A campaign: everything a user decides, in one YAML file."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, model_validator

from ewald.errors import CampaignError
from ewald.files.document import read_yaml, user_error
from screening.campaign.doping import DopingPlan, MotherSpec, SupercellPlan
from screening.campaign.execution import DatabaseChoice, EngineChoice, Execution
from screening.campaign.literature import LiteraturePoint
from screening.campaign.resources import STAGES_WITH_JOBS, Resources
from screening.campaign.section import Section
from screening.campaign.stages import Audit, EwaldStage, HullStage, MDStage, RelaxationStage, Validation, VerdictRule
from screening.campaign.strategy import Strategy
from screening.hashed import hashed

_ENGINE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}\Z")

#: Sections and keys that change no result.
NO_RESULT = ("strategy", "literature", "database", "execution", "work_dir", "description")


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
    doping: tuple[DopingPlan, ...] = Field(
        (), description="Substitutions in the mothers; without any, the mothers are screened as they are"
    )
    include_undoped: bool = Field(True, description="Also screen the undoped mothers, as the baseline of every figure")
    supercell: SupercellPlan = Field(default_factory=SupercellPlan, description="Size of the cells")
    ewald: EwaldStage = Field(default_factory=EwaldStage, description="Electrostatic screen")
    engine: EngineChoice | None = Field(None, description="Code for relaxation and MD, when one does everything")
    engines: dict[str, EngineChoice] = Field(
        default_factory=dict, description="Several codes by name, instead of `engine`; each stage names its own"
    )
    relax: RelaxationStage = Field(default_factory=RelaxationStage, description="Relaxation")
    hull: HullStage = Field(default_factory=HullStage, description="Convex hull filter")
    short_md: MDStage = Field(
        default_factory=lambda: MDStage(
            timestep_fs=10, length_ps=100, max_length_ps=300, segment_ps=25, equilibration_ps=5
        ),
        description="Short MD with a coarse time step",
    )
    long_md: MDStage = Field(
        default_factory=lambda: MDStage(
            timestep_fs=1, length_ps=250, max_length_ps=1000, segment_ps=25, equilibration_ps=10
        ),
        description="Long MD of the survivors",
    )
    validation: Validation | None = Field(None, description="Check of the survivors with a better engine; null: none")
    verdict: VerdictRule = Field(default_factory=VerdictRule, description="Threshold of conductivity")
    literature: tuple[LiteraturePoint, ...] = Field(
        (),
        description="Published conductivities, drawn in the report with the computed ones; they do not affect verdicts",
    )
    audit: Audit = Field(default_factory=Audit, description="Measure the recall of the filters")
    strategy: Strategy = Field(
        default_factory=Strategy, description="Order in which compositions are computed, and when to stop"
    )
    database: DatabaseChoice = Field(default_factory=DatabaseChoice, description="MongoDB")
    execution: Execution = Field(default_factory=Execution, description="Local workers")

    @model_validator(mode="after")
    def _names_known(self) -> Self:
        if not self.doping and not self.include_undoped:
            raise ValueError("there is nothing to screen: give `doping`, or leave include_undoped true")
        names = [mother.name or Path(mother.structure).stem for mother in self.mothers]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two mothers are called {name}: give one of them another name")
        for plan in self.doping:
            for name in plan.mothers or ():
                if name not in names:
                    raise ValueError(f"doping names the mother {name}, but the mothers are {', '.join(names)}")
        return self

    @model_validator(mode="after")
    def _engines_named(self) -> Self:
        if (self.engine is None) == (not self.engines):
            raise ValueError("give `engine`, or several `engines` by name, and not both")
        for name in self.engines:
            if not _ENGINE_NAME.match(name):
                raise ValueError(f"engines: {name!r} is not a valid name: use letters, digits, _ and -")
        known = self.all_engines
        for section, names in self._named_engines().items():
            if not names and len(known) > 1:
                raise ValueError(f"{section}: say which of the engines {', '.join(known)} it uses")
            for name in names:
                if name not in known:
                    raise ValueError(f"{section}: no engine is called {name}; there are {', '.join(known)}")
        if self.validation is not None and self.validation.engine == self.engine_chain("long_md")[0]:
            raise ValueError("validation.engine: name an engine other than that of long_md")
        return self

    @model_validator(mode="after")
    def _resources_named(self) -> Self:
        for name in self.execution.resources:
            if name in self.all_engines and name in STAGES_WITH_JOBS:
                raise ValueError(f"execution.resources: {name} is an engine and a stage: rename the engine")
            if name not in self.all_engines and name not in STAGES_WITH_JOBS:
                known = ", ".join((*self.all_engines, *STAGES_WITH_JOBS))
                raise ValueError(f"execution.resources: {name} is neither an engine nor a stage: one of {known}")
        return self

    def resources(self, stage: str, engine: str) -> Resources:
        """Return what the queue is asked for; a stage's values come before its engine's.

        Parameters
        ----------
        stage
            Name of the stage, a key of `execution.resources`.
        engine
            Name of the engine, a key there as well.
        """
        given = self.execution.resources
        return given.get(stage, Resources()).over(given.get(engine, Resources()))

    def _named_engines(self) -> dict[str, tuple[str, ...]]:
        """Return the engines that each section names."""
        single = {"short_md.engine": self.short_md.engine, "long_md.engine": self.long_md.engine}
        if self.validation is not None:
            single["validation.engine"] = self.validation.engine
        return {"relax.engines": self.relax.engines} | {
            section: (name,) if name else () for section, name in single.items()
        }

    @property
    def all_engines(self) -> dict[str, EngineChoice]:
        """The engines by name; one that does everything is called after its preset."""
        return self.engines if self.engine is None else {self.engine.plain_name: self.engine}

    def engine_chain(self, stage: str) -> tuple[str, ...]:
        """Return the names of a stage's engines in the order in which they work; several only for relaxations.

        Parameters
        ----------
        stage
            Of the funnel, or of the reference phases; the hull's are those of the relaxation, whose last gave its
            energies.
        """
        if stage.startswith(("short_md", "long_md")):
            settings = self.short_md if stage.startswith("short_md") else self.long_md
            return (settings.engine or next(iter(self.all_engines)),)
        if self.validation is not None and stage.startswith(("validation", "check_md")):
            return (self.validation.engine,)
        return self.relax.engines or tuple(self.all_engines)[:1]

    def with_engines(self, change: Callable[[EngineChoice], EngineChoice]) -> Self:
        """Return the campaign with every engine changed.

        Parameters
        ----------
        change
            Returns the new choice for an old one.
        """
        if self.engine is not None:
            return self.model_copy(update={"engine": change(self.engine)})
        return self.model_copy(update={"engines": {name: change(choice) for name, choice in self.engines.items()}})

    def revision(self) -> str:
        """Hash of everything that can change a result; where it runs, and what first, is left out."""
        science = hashed(self, exclude=NO_RESULT)
        science["engine"] = None if self.engine is None else self.engine.science()
        science["engines"] = {name: choice.science() for name, choice in self.engines.items()}
        return hashlib.sha256(json.dumps(science, sort_keys=True).encode()).hexdigest()[:12]


def load_campaign(path: Path) -> Campaign:
    """Read a campaign file.

    Parameters
    ----------
    path
        The YAML file.

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
