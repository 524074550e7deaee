"""The engines there are: one line each."""

import importlib

from ewald.errors import CampaignError, DependencyError, UserError
from screening.campaign.execution import EngineChoice
from workflows.engines.engine import Engine, TakesFiles
from workflows.engines.engine_files import check_seal
from workflows.engines.preset import EngineSettings, read_preset
from workflows.engines.requirements import check_named, lacking

#: Engine name in a preset -> (module, settings class, engine class).
ENGINES = {
    "ase": ("workflows.engines.ase", "AseSettings", "AseEngine"),
    "cp2k": ("workflows.engines.cp2k", "Cp2kSettings", "Cp2kEngine"),
    "vasp": ("workflows.engines.vasp", "VaspSettings", "VaspEngine"),
    "espresso": ("workflows.engines.espresso", "EspressoSettings", "EspressoEngine"),
    "lammps": ("workflows.engines.lammps", "LammpsSettings", "LammpsEngine"),
}


def read_settings(choice: EngineChoice) -> tuple[str, EngineSettings, str]:
    """Return the engine's name, its settings with the campaign's overrides, and the file of the preset.

    Raises
    ------
    CampaignError
        When the preset, the engine or a setting is unknown, or a setting is missing.
    """
    name, settings, source = read_preset(choice)
    if name not in ENGINES:
        raise CampaignError(
            "no such engine", file=source, field="engine", value=name, fix=f"one of {', '.join(ENGINES)}"
        )
    package, settings_class, _ = ENGINES[name]
    model: type[EngineSettings] = getattr(importlib.import_module(f"{package}.settings"), settings_class)
    return name, model.from_mapping(settings, source=source), source


def load_engine(choice: EngineChoice) -> Engine:
    """Return the engine of a campaign's choice.

    Parameters
    ----------
    choice
        Section `engine` of a campaign.

    Raises
    ------
    CampaignError
        As :func:`read_settings` does; and when a file of the engine was changed since it was sealed.
    """
    check_seal(choice)
    name, settings, _ = read_settings(choice)
    package, _, engine_class = ENGINES[name]
    loaded: Engine = getattr(importlib.import_module(f"{package}.run"), engine_class)(settings)
    return loaded


def require_engine(choice: EngineChoice) -> None:
    """See that the engine could start on this machine, as far as that can be known without starting it.

    Raises
    ------
    CampaignError
        When the choice is wrong, or names what this machine does not allow.
    DependencyError
        When a package or a program is not installed.
    """
    _, settings, _ = read_settings(choice)
    wanted = lacking(settings)
    if wanted is not None:
        raise wanted.error()
    load_engine(choice).provenance  # noqa: B018


def check_supplied(choice: EngineChoice, elements: frozenset[str]) -> None:
    """See that the files that the user gives an engine are a potential of these elements; nothing is calculated.

    Raises
    ------
    CampaignError
        When they are not.
    DependencyError
        When a package or a file that they need is not here.
    """
    _, settings, _ = read_settings(choice)
    check_named(settings, elements)
    wanted = lacking(settings, elements)
    if wanted is not None:
        raise wanted.error()
    engine = load_engine(choice)
    if isinstance(engine, TakesFiles):
        engine.check_supplied(elements)


def missing_here(choice: EngineChoice, elements: frozenset[str]) -> str | None:
    """Return a line that says why an engine cannot start on this machine; None when it can.

    What is missing here may be on the machines that will run the engine, so it is no error of the campaign.

    Parameters
    ----------
    choice
        Section `engine` of a campaign.
    elements
        Symbols of the elements of the campaign and of its reference phases.

    Raises
    ------
    CampaignError
        When the files that the user gives the engine are no potential of these elements.
    """
    try:
        require_engine(choice)
    except UserError as error:
        check_named(read_settings(choice)[1], elements)
        return f"the engine cannot start on this machine: {error}"
    try:
        check_supplied(choice, elements)
    except DependencyError as error:
        return f"the engine cannot start on this machine: {error}"
    return None
