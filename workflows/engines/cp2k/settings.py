"""Settings of the CP2K engine."""

from pydantic import Field

from workflows.engines.preset import EngineSettings


class KindSettings(EngineSettings):
    """Basis set and pseudopotential of one element, by their names in CP2K's data files."""

    basis: str
    potential: str


class Cp2kSettings(EngineSettings):
    """How CP2K is started and what it computes."""

    executable: str = Field("cp2k.psmp", description="Executable, searched on PATH unless it is a path")
    launcher: tuple[str, ...] = Field(
        (), description="Words put before the executable, such as [/usr/bin/mpirun, -n, '4']; the first is a full path"
    )
    ranks: int = Field(1, ge=1, description="MPI ranks that the launcher starts; compared with what CP2K reports")
    threads: int = Field(1, ge=1, description="OpenMP threads per rank")
    data_dir: str | None = Field(None, description="CP2K's data folder; CP2K_DATA_DIR, then /usr/share/cp2k")
    basis_file: str = Field("BASIS_MOLOPT_UZH", description="File of basis sets in the data folder")
    potential_file: str = Field("POTENTIAL_UZH", description="File of pseudopotentials in the data folder")
    kinds: dict[str, KindSettings] = Field(
        default_factory=dict, description="Elements that need another choice than basis_family and potential_family"
    )
    basis_family: str = Field("DZVP-MOLOPT-PBE-GTH-q", description="Name of a basis set without its electron count")
    potential_family: str = Field("GTH-PBE-q", description="Name of a pseudopotential without its electron count")
    functional: str = Field("PBE", pattern=r"^[A-Z0-9_]+$", description="CP2K's name of the functional")
    cutoff_Ry: float = Field(400.0, gt=0, description="Plane wave cutoff of the finest grid")
    rel_cutoff_Ry: float = Field(50.0, gt=0, description="Cutoff that maps Gaussians to grids")
    kpoint_spacing_per_A: float | None = Field(
        None, gt=0, description="Largest distance of k points (with 2 pi); null: Gamma only"
    )
    electronic_temperature_K: float | None = Field(None, gt=0, description="Fermi-Dirac smearing; null: none")
    added_orbitals: int = Field(0, ge=0, description="Empty orbitals, needed for smearing")
    magnetic_moments: dict[str, float] = Field(
        default_factory=dict,
        description="Starting moments by element; any of them present polarises the run",
    )
    scf_eps: float = Field(1e-6, gt=0, description="SCF convergence")
    scf_max_steps: int = Field(60, ge=1, description="SCF steps of the first attempt; later attempts take more")
    mixing: float = Field(0.4, gt=0, le=1, description="Share of the new density in the first attempt")
    relax_walltime_s: float | None = Field(None, gt=0, description="Walltime of one relaxation; null: none")
