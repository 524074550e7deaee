"""Settings of the Quantum ESPRESSO engine."""

from typing import Any, ClassVar

from pydantic import Field

from workflows.engines.preset import EngineSettings


class EspressoSettings(EngineSettings):
    """How pw.x is started and what it computes."""

    built_on_ase: ClassVar[bool] = True

    executable: str = Field("pw.x", description="Executable, searched on PATH unless it is a path")
    launcher: tuple[str, ...] = Field((), description="Words put before it; the first is an absolute path")
    threads: int = Field(1, ge=1, description="OpenMP threads per rank")
    cores: int = Field(1, ge=1, description="Cores that launcher and threads use, for the count of core hours")
    version: str = Field("6", description="Start of the version that pw.x must report")
    pseudo_dir: str = Field(description="Folder of your pseudopotentials")
    pseudopotentials: dict[str, str] = Field(description="File of every element, in pseudo_dir")
    input_data: dict[str, Any] = Field(
        default_factory=dict, description="Namelists of pw.x: {system: {ecutwfc: 50}, electrons: {...}}"
    )
    kpoint_spacing_per_A: float | None = Field(0.5, gt=0, description="Largest distance of k points; null: Gamma")
    scf_walltime_s: float | None = Field(None, gt=0, description="Longest time of one SCF; null: none")
    mp2020_corrections: bool = Field(False, description="Whether Materials Project corrections fit these energies")
