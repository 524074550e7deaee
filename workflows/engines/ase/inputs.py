"""From a structure and settings to ASE atoms with a calculator."""

import importlib.metadata
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Structure

from ewald.errors import CampaignError, DependencyError, install_extra
from screening.relaxation.relaxation import Provenance
from screening.value import content_hash
from workflows.engines.ase.calculator import (
    build_calculator,
    check_allowed,
    module_file,
    require_ase,
)
from workflows.engines.ase.protocols import (
    CountsCoreSeconds,
    KnowsElements,
    SavesStress,
    WorksInFolder,
    WorksOnStructure,
)
from workflows.engines.ase.settings import AseSettings
from workflows.engines.engine_files import checksum


def build_atoms(structure: Structure, settings: AseSettings, folder: Path | None = None, *, stress: bool = True) -> Any:
    """Return ASE atoms of an ordered structure, positions in A as they are (not wrapped), with the calculator.

    A calculator that is a :class:`WorksInFolder`, a :class:`SavesStress` or a :class:`WorksOnStructure` is told.
    """
    if not structure.is_ordered:
        raise CampaignError("an engine needs an ordered structure", value=structure.composition.reduced_formula)
    calculator = _calculator_of(settings)
    if folder is not None and isinstance(calculator, WorksInFolder):
        calculator.work_in(folder)
    if isinstance(calculator, SavesStress):
        calculator.with_stress(stress)
    if isinstance(calculator, WorksOnStructure):
        calculator.work_on(structure)
    from ase import Atoms

    atoms = Atoms(
        numbers=[site.specie.Z for site in structure],
        positions=structure.cart_coords,
        cell=structure.lattice.matrix,
        pbc=True,
    )
    atoms.calc = calculator
    return atoms


def _calculator_of(settings: AseSettings) -> Any:
    """Return the calculator of this process, or the one that it shares with other workers."""
    if settings.cells_at_once == 1:
        return build_calculator(settings)
    require_ase()
    from workflows.engines.ase.shared.calculator import shared_calculator

    return shared_calculator(settings)


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
    """Say where energies come from; what does not change an energy (device, optimizer) is not in the key.

    Files enter by their content: a copy of a model elsewhere gives the same energies.
    """
    check_allowed(settings.calculator)
    calculator, version = _calculator_named(settings), _version(settings)
    energy_settings: dict[str, str | int | float | bool | None] = {
        f"arguments.{name}": value if isinstance(value, str | int | float | bool | None) else json.dumps(value)
        for name, value in sorted(settings.arguments.items())
        if name != "device"
    }
    for name, path in sorted(settings.files.items()):
        energy_settings[f"files.{name}"] = f"sha256 {checksum(Path(path))}"
    energy_settings["calculator"] = calculator
    energy_settings["mp2020_corrections"] = settings.mp2020_corrections
    return Provenance(
        engine="ase",
        code=calculator.rpartition(".")[2],
        version=version,
        energy_key=content_hash("ase", calculator, version, energy_settings),
        settings=energy_settings,
    )


def check_supplied(settings: AseSettings, elements: frozenset[str]) -> None:
    """Load a calculator of the user's own files, and see that it was made for these elements.

    A calculator of an installed package is not loaded: that takes seconds, and its package was found.

    Raises
    ------
    CampaignError
        When a file does not give a calculator, or the calculator does not know an element.
    """
    if not settings.files and module_file(settings.calculator) is None:
        return
    calculator = build_calculator(settings)
    missing = sorted(elements - calculator.supported_elements) if isinstance(calculator, KnowsElements) else []
    if missing:
        raise CampaignError(
            f"was not fitted to {', '.join(missing)}",
            field="engine.settings.files",
            value=", ".join(settings.files.values()),
            fix="use a model of these elements, or leave their compositions out",
        )


def _calculator_named(settings: AseSettings) -> str:
    """Return the calculator as an import path; one of a file without its folder."""
    file = module_file(settings.calculator)
    return (
        settings.calculator.replace(":", ".")
        if file is None
        else f"{file.stem}.{settings.calculator.rpartition(':')[2]}"
    )


def _version(settings: AseSettings) -> str:
    if settings.calculator.startswith("workflows.engines.ase.toy"):
        require_ase()
        from workflows.engines.ase.toy import VERSION

        return VERSION
    file = module_file(settings.calculator)
    if file is not None and settings.package is None:
        return f"sha256 {checksum(file)[:16]}"
    package = settings.package or settings.calculator.partition(".")[0]
    try:
        version = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError as error:
        module, _, name = settings.calculator.replace(":", ".").rpartition(".")
        own = (
            f"install {module} as its author says into the environment of {sys.executable}; give its distribution as "
            f"`package` if that has another name; or put {module}.py beside the campaign and write {module}:{name}"
        )
        fix = install_extra(settings.extra) if settings.extra else own
        raise DependencyError(f"the package {package} is not installed", fix=fix) from error
    return version if file is None else f"{version}, sha256 {checksum(file)[:16]}"
