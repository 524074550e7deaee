"""From a structure and settings to ASE atoms with a calculator."""

import importlib
import importlib.metadata
import json
import os
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Structure

from ewald.errors import CampaignError, DependencyError, install_extra
from screening.relaxation.relaxation import Provenance
from screening.value import content_hash
from workflows.engines.ase.settings import AseSettings
from workflows.settings import MachineSettings

#: How a module becomes importable. Which package holds it only its author can say: names on PyPI may be anybody's.
_IMPORTABLE = (
    f"install it as its author says into the environment of {sys.executable}, or name its folder in PYTHONPATH"
)


@runtime_checkable
class WorksInFolder(Protocol):
    """A calculator that starts a program and is told where to keep its files."""

    def work_in(self, folder: Path) -> None:
        """Keep files in this folder from now on."""


@runtime_checkable
class SavesStress(Protocol):
    """A calculator that is told whether stress will be asked for: MD at constant volume can save it."""

    def with_stress(self, wanted: bool) -> None:
        """Compute stress, or leave it out."""


@runtime_checkable
class CountsCoreSeconds(Protocol):
    """A calculator that knows what its program took, on many cores or on another node."""

    core_seconds: float


def _require_ase() -> None:
    """Say which extra is missing when ASE is not installed."""
    try:
        importlib.import_module("ase")
    except ImportError as error:
        raise DependencyError("ASE is not installed", fix=install_extra("ase")) from error


def build_calculator(settings: AseSettings) -> Any:
    """Return the calculator, built once per process: loading a model takes seconds.

    Raises
    ------
    CampaignError
        When the import path is not allowed or the arguments do not fit.
    DependencyError
        When its package is not installed.
    """
    check_allowed(settings.calculator)
    return _calculator(
        settings.calculator, json.dumps(settings.arguments, sort_keys=True), settings.threads, settings.extra
    )


def check_allowed(path: str) -> None:
    """Refuse import paths outside the packages that this machine allows."""
    allowed = MachineSettings().allowed_packages
    if not any(path == name or path.startswith(name + ".") for name in allowed):
        raise CampaignError(
            "this calculator's package is not allowed here",
            field="engine.settings.calculator",
            value=path,
            fix="set IONSIEVE_CALCULATOR_PACKAGES to its package on the machine that runs the engine",
        )


@lru_cache(maxsize=4)
def _calculator(path: str, arguments_json: str, threads: int, extra: str | None) -> Any:
    _require_ase()
    module_name, _, name = path.rpartition(".")
    try:
        factory = getattr(importlib.import_module(module_name), name)
    except ImportError as error:
        fix = install_extra(extra) if extra else _IMPORTABLE
        raise DependencyError(f"{module_name} cannot be imported ({error})", value=path, fix=fix) from error
    except AttributeError as error:
        raise CampaignError("no such calculator", field="engine.settings.calculator", value=path) from error
    _limit_threads(threads)
    arguments = json.loads(arguments_json)
    if arguments.get("device") == "auto":
        arguments["device"] = _device()
    try:
        return factory(**arguments)
    except TypeError as error:
        raise CampaignError(
            f"the calculator does not take these arguments ({error})",
            field="engine.settings.arguments",
            value=arguments_json,
        ) from error


def _limit_threads(threads: int) -> None:
    """Hold torch to the threads of this worker: more of them slow each other down on a shared node."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(threads)


def _device() -> str:
    """Return `cuda` when torch sees a GPU, else `cpu`."""
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    return "cuda" if cuda is not None and cuda.is_available() else "cpu"


def build_atoms(structure: Structure, settings: AseSettings, folder: Path | None = None, *, stress: bool = True) -> Any:
    """Return ASE atoms of an ordered structure, positions in A as they are (not wrapped), with the calculator.

    A calculator may be a :class:`WorksInFolder` and a :class:`SavesStress`: then it is told.
    """
    if not structure.is_ordered:
        raise CampaignError("an engine needs an ordered structure", value=structure.composition.reduced_formula)
    calculator = build_calculator(settings)
    if folder is not None and isinstance(calculator, WorksInFolder):
        calculator.work_in(folder)
    if isinstance(calculator, SavesStress):
        calculator.with_stress(stress)
    from ase import Atoms

    atoms = Atoms(
        numbers=[site.specie.Z for site in structure],
        positions=structure.cart_coords,
        cell=structure.lattice.matrix,
        pbc=True,
    )
    atoms.calc = calculator
    return atoms


def core_seconds(atoms: Any) -> float:
    """Core seconds spent so far: this process, and the programs that the calculator started.

    Of a calculator that is no :class:`CountsCoreSeconds` the finished child processes are counted.
    """
    times = os.times()
    if isinstance(atoms.calc, CountsCoreSeconds):
        return times.user + times.system + atoms.calc.core_seconds
    return times.user + times.system + times.children_user + times.children_system


def md_masses_amu(atoms: Any, settings: AseSettings) -> NDArray[np.float64]:
    """Masses (N,) in amu, with the settings' replacements."""
    masses = np.array(atoms.get_masses(), dtype=np.float64)
    for index, symbol in enumerate(atoms.get_chemical_symbols()):
        masses[index] = settings.masses_amu.get(symbol, masses[index])
    return masses


def provenance(settings: AseSettings) -> Provenance:
    """Say where energies come from; what does not change an energy (device, optimizer) is not in the key."""
    check_allowed(settings.calculator)
    version = _version(settings)
    energy_settings: dict[str, str | int | float | bool | None] = {
        f"arguments.{name}": value if isinstance(value, str | int | float | bool | None) else json.dumps(value)
        for name, value in sorted(settings.arguments.items())
        if name != "device"
    }
    energy_settings["calculator"] = settings.calculator
    energy_settings["mp2020_corrections"] = settings.mp2020_corrections
    code = settings.calculator.rpartition(".")[2]
    return Provenance(
        engine="ase",
        code=code,
        version=version,
        energy_key=content_hash("ase", settings.calculator, version, energy_settings),
        settings=energy_settings,
    )


def _version(settings: AseSettings) -> str:
    if settings.calculator.startswith("workflows.engines.ase.toy"):
        _require_ase()
        from workflows.engines.ase.toy import VERSION

        return VERSION
    package = settings.package or settings.calculator.partition(".")[0]
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError as error:
        module = settings.calculator.rpartition(".")[0]
        fix = (
            install_extra(settings.extra)
            if settings.extra
            else f"make {module} importable: {_IMPORTABLE}; a distribution of another name is named by `package`"
        )
        raise DependencyError(f"the package {package} is not installed", fix=fix) from error
