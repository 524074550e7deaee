"""Engine presets: YAML files that name an engine and its settings, with a campaign's overrides on top."""

from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ewald.errors import CampaignError, IonSieveError
from ewald.files.document import read_yaml, user_error
from screening.campaign.execution import EngineChoice
from workflows.shipped import config_path

_FOLDERS = ("pseudo_dir", "data_dir")
"""Settings that are folders of the user."""


class EngineSettings(BaseModel):
    """Base of every engine's settings: unknown keys are refused, values do not change.

    Attributes
    ----------
    built_on_ase
        Whether the engine drives its code through ASE, which is an extra.
    cost_ms_per_ion
        Time of a step on one core by ions of the cell, for forecasts.
    """

    built_on_ase: ClassVar[bool] = False

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    cost_ms_per_ion: float | None = Field(
        None, gt=0, description="Time of a step on one core by ions of the cell, for forecasts; null: not known"
    )

    @classmethod
    def from_mapping(cls, mapping: dict[str, Any], *, source: str) -> Self:
        """Validate settings; `source` names their file in the message of a mistake.

        Parameters
        ----------
        mapping
            Content of a preset, without the keys that only choose the engine.
        source
            Name of the file, for the message.

        Raises
        ------
        CampaignError
            When a key is not known or a value is wrong; the line names it.
        """
        try:
            return cls.model_validate(mapping)
        except ValidationError as error:
            raise user_error(error, CampaignError, model=cls, file=source) from error


def _preset_file(preset: str) -> Path:
    """Find a preset: a path of the user's, or the name of a shipped one.

    Raises
    ------
    CampaignError
        When there is none.
    """
    path = Path(preset).expanduser()
    if path.suffix in (".yaml", ".yml"):
        if path.is_file():
            return path
        raise CampaignError("no such preset file", field="engine.preset", value=preset, fix="give a path that exists")
    try:
        path = config_path("engines", preset)
    except IonSieveError:
        path = Path(preset)
    if not path.is_file():
        shipped = ", ".join(sorted(file.stem for file in config_path("engines", "toy").parent.glob("*.yaml")))
        raise CampaignError("no such preset", field="engine.preset", value=preset, fix=f"one of {shipped}, or a file")
    return path


def read_preset(choice: EngineChoice) -> tuple[str, dict[str, Any], str]:
    """Return the engine's name, its settings with the campaign's overrides, and the file they come from."""
    content = preset_content(choice)
    engine = content.pop("engine")
    if "calculator" in choice.settings:
        # The cost is that of the preset's own calculator.
        content.pop("cost_ms_per_ion", None)
    return engine, merged(content, choice.settings), str(_preset_file(choice.preset))


def preset_content(choice: EngineChoice) -> dict[str, Any]:
    """Return what the preset's file says, without the campaign's overrides.

    Raises
    ------
    CampaignError
        When there is no such preset, or it names no engine.
    """
    path = _preset_file(choice.preset)
    content = read_yaml(path, CampaignError)
    if not isinstance(content.get("engine"), str):
        raise CampaignError("a preset is a mapping with the key `engine`", file=path, fix="write `engine: ase`")
    return with_paths(content, path.parent)


def with_paths(settings: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return settings whose files and folders are absolute paths.

    Parameters
    ----------
    settings
        Of a preset or a campaign. `files`, `pseudo_dir` and `data_dir` are paths, and a `calculator` may be
        `module:factory` with module.py in `folder`, which becomes the file's path and the factory.
    folder
        Folder of the file that the settings come from.
    """
    result = dict(settings)
    if isinstance(files := settings.get("files"), dict):
        result["files"] = {name: str(folder / Path(str(path)).expanduser()) for name, path in files.items()}
    for key in _FOLDERS:
        if isinstance(named := settings.get(key), str):
            result[key] = str(folder / Path(named).expanduser())
    module, colon, factory = str(settings.get("calculator", "")).rpartition(":")
    file = folder / Path(module if module.endswith(".py") else f"{module}.py").expanduser()
    if colon and (module.endswith(".py") or file.is_file()):
        result["calculator"] = f"{file}:{factory}"
    return result


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Lay one mapping over another, mappings inside them included.

    Examples
    --------
    >>> merged({"a": {"x": 1, "y": 2}, "b": 3}, {"a": {"y": 4}})
    {'a': {'x': 1, 'y': 4}, 'b': 3}
    """
    result = dict(below)
    for key, value in above.items():
        former = result.get(key)
        result[key] = merged(former, value) if isinstance(former, dict) and isinstance(value, dict) else value
    return result
