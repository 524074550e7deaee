"""Which engines could start on this machine."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from ewald.errors import DependencyError, UserError
from screening.campaign.execution import EngineChoice
from workflows.doctor.finding import Finding, State
from workflows.engines.preset import EngineSettings
from workflows.engines.registry import load_engine, read_settings
from workflows.shipped import config_names

_PRESET = "copy the preset, correct {0} there, and name your file as engine.preset"


def engines() -> Iterator[Finding]:
    """Yield one finding for each shipped preset; nothing is computed."""
    for name in config_names("engines"):
        yield _engine(name)


def _engine(name: str) -> Finding:
    choice = EngineChoice(preset=name)
    try:
        _, settings, _ = read_settings(choice)
        lacking = _lacking(settings)
        if lacking is not None:
            return Finding("engine", name, *lacking)
        source = load_engine(choice).provenance
    except UserError as error:
        state = State.MISSING if isinstance(error, DependencyError) else State.NOT_SET_UP
        place = "" if error.field is None else f"{error.field}: "
        return Finding("engine", name, state, f"{place}{error.problem}", error.fix or "")
    return Finding("engine", name, State.OK, f"{source.code} {source.version}")


def _lacking(settings: EngineSettings) -> tuple[State, str, str] | None:
    """Return what a preset wants of the user and does not find: a program, pseudopotentials, a model file."""
    executable = getattr(settings, "executable", None)
    if executable is not None and shutil.which(executable) is None:
        return State.MISSING, f"{executable} is not on the PATH", f"install it, or {_PRESET.format('executable')}"
    command = getattr(settings, "command", None)
    if isinstance(command, tuple) and not Path(command[-1]).is_file():
        return State.NOT_SET_UP, f"{command[-1]} is not there", _PRESET.format("command")
    folder = getattr(settings, "pseudo_dir", None)
    if folder is not None and not Path(folder).expanduser().is_dir():
        return State.NOT_SET_UP, f"no folder of pseudopotentials {folder}", _PRESET.format("pseudo_dir")
    if getattr(settings, "potcar", None) == "files" and not _potcars():
        return State.NOT_SET_UP, "no folder of POTCAR files", "set PMG_VASP_PSP_DIR"
    needed = [name for name in getattr(settings, "needs_files", ()) if name not in getattr(settings, "files", {})]
    if needed:
        keys = ", ".join(f"{name}: FILE" for name in needed)
        return State.NOT_SET_UP, f"needs a file of yours: {', '.join(needed)}", f"write settings: {{files: {{{keys}}}}}"
    return None


def _potcars() -> bool:
    """Return whether pymatgen knows where the POTCAR files are."""
    if os.environ.get("PMG_VASP_PSP_DIR"):
        return True
    from pymatgen.core import SETTINGS

    return bool(SETTINGS.get("PMG_VASP_PSP_DIR"))
