"""Settings of the VASP engine."""

from typing import Any, Literal

from pydantic import Field

from workflows.engines.preset import EngineSettings


class VaspSettings(EngineSettings):
    """How VASP is started and what it computes; the input sets are pymatgen's."""

    command: tuple[str, ...] = Field(min_length=1, description="Words of the command; the first is an absolute path")
    gamma_command: tuple[str, ...] | None = Field(None, description="The same for a Gamma-only build; null: none")
    cores: int = Field(1, ge=1, description="Cores that the command uses, for the count of core hours")
    version: str = Field("6", description="Start of the version that VASP must report")
    relax_set: Literal["MPRelaxSet", "MPScanRelaxSet", "MP24RelaxSet"] = Field(
        "MPRelaxSet", description="pymatgen's input set of the relaxation"
    )
    mp2020_corrections: bool = Field(
        True, description="Whether the Materials Project 2020 corrections must be added before the hull"
    )
    potcar: Literal["files", "spec"] = Field(
        "files", description="Write POTCAR from PMG_VASP_PSP_DIR, or only POTCAR.spec to look at the inputs"
    )
    relax_incar: dict[str, Any] = Field(default_factory=dict, description="INCAR tags over those of the relaxation set")
    md_incar: dict[str, Any] = Field(default_factory=dict, description="INCAR tags over those of the MD set")
    md_encut_eV: float = Field(400.0, gt=0, description="Plane wave cutoff of MD")
    max_errors: int = Field(8, ge=0, description="Errors that custodian fixes in one run before it gives up")
    relax_walltime_s: float | None = Field(None, gt=0, description="Walltime of one relaxation; null: none")
    check_every_s: float = Field(10.0, gt=0, description="Time between custodian's checks of a running job")
