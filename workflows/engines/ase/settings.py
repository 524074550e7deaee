"""Settings of the ASE engine."""

from typing import Any, Literal

from pydantic import Field

from workflows.engines.preset import EngineSettings


class AseSettings(EngineSettings):
    """A calculator by import path, and how relaxation and MD use it."""

    calculator: str = Field(
        description="Import path of the calculator class or of a function that returns one; or `module:factory`, with "
        "module.py beside the campaign file (or the preset) that names it"
    )
    arguments: dict[str, Any] = Field(
        default_factory=dict, description="Keyword arguments; `auto` for `device` takes a GPU when there is one"
    )
    files: dict[str, str] = Field(
        default_factory=dict,
        description="Arguments that are files, such as a model's weights: paths from the folder of the file that names "
        "them; what they hold, not where they are, belongs to the energies",
    )
    needs_files: tuple[str, ...] = Field((), description="Names that `files` must hold: the calculator has no default")
    package: str | None = Field(None, description="Distribution whose version is recorded; the import root by default")
    extra: str | None = Field(None, description="Extra of IonSieve that installs it, for the message when missing")
    mp2020_corrections: bool = Field(
        description="Whether the Materials Project 2020 corrections must be added to the energies before the hull"
    )
    optimizer: Literal["FIRE", "BFGS", "LBFGS"] = Field("FIRE", description="ASE optimizer of the tight relaxation")
    max_optimizer_step_A: float = Field(0.1, gt=0, description="Longest step of the optimizer")
    masses_amu: dict[str, float] = Field(
        default_factory=dict, description="Masses for MD by element; heavier light ions allow a longer time step"
    )
    checkpoint_every_s: float = Field(60.0, ge=0, description="Time between intermediate checkpoints")
    threads: int = Field(1, ge=1, description="Threads of the potential")
    cells_at_once: int = Field(
        1,
        ge=1,
        description="Above 1, the workers of a machine share one loaded potential, which computes up to so many of "
        "their cells in one call: on a GPU dozens together take little longer than one",
    )
    stability_from_fs: float = Field(5.0, gt=0, description="Time steps from here on are tried in a short pre-run")
    stability_settle_steps: int = Field(50, ge=0, description="Steps of that pre-run that only reach the temperature")
    stability_steps: int = Field(100, ge=0, description="Steps of that pre-run at constant energy; 0 for none")
    max_drift_meV_atom_ps: float = Field(5.0, gt=0, description="Energy drift at constant energy that raises a warning")
