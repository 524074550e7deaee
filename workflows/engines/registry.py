"""The engines there are: one line each."""

import importlib

from ewald.errors import CampaignError
from screening.campaign.execution import EngineChoice
from workflows.engines.engine import Engine
from workflows.engines.preset import read_preset

#: Engine name in a preset -> (module, settings class, engine class).
ENGINES = {
    "ase": ("workflows.engines.ase", "AseSettings", "AseEngine"),
    "cp2k": ("workflows.engines.cp2k", "Cp2kSettings", "Cp2kEngine"),
    "vasp": ("workflows.engines.vasp", "VaspSettings", "VaspEngine"),
    "espresso": ("workflows.engines.espresso", "EspressoSettings", "EspressoEngine"),
}


def load_engine(choice: EngineChoice) -> Engine:
    """Return the engine of a campaign's choice: the preset's settings with the campaign's overrides.

    Raises
    ------
    CampaignError
        When the preset, the engine or a setting is unknown.
    """
    name, settings, source = read_preset(choice)
    if name not in ENGINES:
        raise CampaignError(
            "no such engine", file=source, field="engine", value=name, mend=f"one of {', '.join(ENGINES)}"
        )
    package, settings_class, engine_class = ENGINES[name]
    model = getattr(importlib.import_module(f"{package}.settings"), settings_class)
    engine = getattr(importlib.import_module(f"{package}.run"), engine_class)
    loaded: Engine = engine(model.from_mapping(settings, source=source))
    return loaded
