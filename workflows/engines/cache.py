"""Engines that stay loaded: a worker loads a machine-learned potential once, not once per Firework."""

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from screening.campaign.campaign import Campaign
from screening.campaign.execution import EngineChoice

if TYPE_CHECKING:
    from workflows.engines.engine import Engine


def engine_of(choice: EngineChoice, base_dir: Path) -> "Engine":
    """Return the engine of a campaign whose file lies in `base_dir`, loaded at the first call in this process."""
    return _load(resolved(choice, base_dir).model_dump_json())


def choices_of(campaign: Campaign, base_dir: Path) -> dict[str, EngineChoice]:
    """Return the engines of a campaign by name, their paths resolved."""
    return {name: resolved(choice, base_dir) for name, choice in campaign.all_engines.items()}


def hull_engine(campaign: Campaign, base_dir: Path) -> EngineChoice:
    """Return the engine whose energies make the hull: the last that relaxes; its paths are resolved."""
    return resolved(campaign.all_engines[campaign.engine_chain("hull")[-1]], base_dir)


def resolved(choice: EngineChoice, base_dir: Path) -> EngineChoice:
    """Return the choice with the paths of its preset and files taken relative to the campaign file."""
    from workflows.engines.preset import with_paths

    path = base_dir / choice.preset
    preset = str(path) if choice.is_file and path.is_file() else choice.preset
    return choice.model_copy(update={"preset": preset, "settings": with_paths(choice.settings, base_dir)})


@functools.lru_cache(maxsize=4)
def _load(choice: str) -> "Engine":
    from workflows.engines.registry import load_engine

    return load_engine(EngineChoice.model_validate_json(choice))
