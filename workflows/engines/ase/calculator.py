"""The calculator of the ASE engine: from an import path, or from a Python file of the user's, to an object."""

import importlib
import importlib.util
import json
import stat
import sys
import traceback
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from ewald.errors import CampaignError, DependencyError, UserError, install_extra
from workflows.engines.ase.settings import AseSettings
from workflows.engines.engine_files import checksum
from workflows.settings import MachineSettings

#: How a module becomes importable. Which package holds it only its author can say: names on PyPI may be anybody's.
IMPORTABLE = f"install it as its author says into the environment of {sys.executable}, or name its folder in PYTHONPATH"
#: Settings that make the calculator what it is.
_MAKES_IT = {"calculator", "arguments", "files", "threads", "extra"}
#: A calculator that finds its GPU without torch.
_OWN_DEVICE = "workflows.engines.ase.nep."
_FIELD = "engine.settings.calculator"


def require_ase() -> None:
    """Say which extra is missing when ASE is not installed."""
    try:
        importlib.import_module("ase")
    except ImportError as error:
        raise DependencyError("ASE is not installed", fix=install_extra("ase")) from error


def module_file(calculator: str) -> Path | None:
    """Return the Python file of a calculator that is given as `file.py:factory`; None for an import path."""
    path, colon, _ = calculator.rpartition(":")
    return Path(path) if colon and path.endswith(".py") else None


def build_calculator(settings: AseSettings) -> Any:
    """Return the calculator, built once per process: loading a model takes seconds.

    Raises
    ------
    CampaignError
        When the import path is not allowed, a file is missing, or the arguments do not fit.
    DependencyError
        When its package is not installed.
    """
    check_allowed(settings.calculator)
    files = {name: checksum(Path(path)) for name, path in settings.files.items()}
    module = module_file(settings.calculator)
    return _calculator(settings.model_dump_json(include=_MAKES_IT), tuple(files.items()), module and checksum(module))


def check_allowed(calculator: str) -> None:
    """Refuse import paths outside the packages that this machine allows, and files that others may change.

    A file beside the campaign is allowed: its content is sealed with the campaign's settings, which a worker compares
    with what their owner submitted.
    """
    file = module_file(calculator)
    if file is not None:
        _check_owner(file)
        return
    allowed = MachineSettings().allowed_packages
    path = calculator.replace(":", ".")
    if not any(path == name or path.startswith(name + ".") for name in allowed):
        fix = "set IONSIEVE_CALCULATOR_PACKAGES to its package on the machine that runs the engine"
        if ":" in calculator:
            fix = f"put {calculator.partition(':')[0]}.py beside the campaign file, or {fix}"
        raise CampaignError("this calculator's package is not allowed here", field=_FIELD, value=calculator, fix=fix)


def _check_owner(file: Path) -> None:
    try:
        state = file.stat()
    except OSError as error:
        raise CampaignError(
            f"cannot be read: {error.strerror}",
            file=file,
            field=_FIELD,
            fix="give a path from the campaign file's folder",
        ) from None
    if state.st_uid not in MachineSettings().user_ids() or state.st_mode & stat.S_IWOTH:
        raise CampaignError(
            "this calculator's file can be changed by another user",
            file=file,
            field=_FIELD,
            fix="be its owner, and remove the write permission of others (chmod o-w)",
        )


@lru_cache(maxsize=4)
def _calculator(settings_json: str, _files: tuple[tuple[str, str], ...], module_sha256: str | None) -> Any:
    """Make a calculator; the checksums are there for the cache, so that a changed file is read anew."""
    require_ase()
    settings = json.loads(settings_json)
    path, extra = settings["calculator"], settings["extra"]
    arguments = settings["arguments"] | settings["files"]
    shown = json.dumps(arguments)
    try:
        factory = _factory(path, module_sha256)
        _limit_threads(settings["threads"])
        if arguments.get("device") == "auto" and not path.startswith(_OWN_DEVICE):
            arguments["device"] = _device()
        made = factory(**arguments)
    except ImportError as error:
        fix = install_extra(extra) if extra else IMPORTABLE
        raise DependencyError(f"the calculator cannot be imported ({error})", value=path, fix=fix) from error
    except TypeError as error:
        raise CampaignError(
            f"the calculator does not take these arguments ({error})", field="engine.settings.arguments", value=shown
        ) from error
    except UserError:
        raise
    except Exception as error:
        raise CampaignError(f"cannot be made ({_said(error)})", field=_FIELD, value=path) from error
    if not hasattr(made, "get_property"):
        raise CampaignError(f"returns {type(made).__name__}, which is not an ASE calculator", field=_FIELD, value=path)
    return made


def _factory(path: str, module_sha256: str | None) -> Any:
    """Return the class or function that makes the calculator."""
    name = path.replace(":", ".").rpartition(".")[2]
    file = module_file(path)
    if file is None:
        module = importlib.import_module(path.replace(":", ".").rpartition(".")[0])
    else:
        module = _module_of(file, module_sha256 or "")
    try:
        return getattr(module, name)
    except AttributeError:
        raise CampaignError(
            f"no such calculator: {file or module.__name__} does not define {name}", field=_FIELD, value=path
        ) from None


def _said(error: Exception) -> str:
    """Return an error of the calculator's own code with the line that raised it."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error}; {place.filename}, line {place.lineno}"


def _module_of(file: Path, sha256: str) -> ModuleType:
    """Import a user's file under a name that meets no other module's."""
    spec = importlib.util.spec_from_file_location(f"ionsieve_calculator_{sha256[:16]}", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    # Classes of the module look themselves up there (dataclasses, for one).
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except ImportError:
        raise
    except Exception as error:
        raise CampaignError(
            f"cannot be run ({type(error).__name__}: {error})",
            file=file,
            field=_FIELD,
            fix=f"`python {file.name}` shows where",
        ) from error
    return module


def _limit_threads(threads: int) -> None:
    """Hold torch to the threads of this worker: more of them slow each other down on a shared node."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(threads)


def _device() -> str:
    """Return `cuda` when torch sees a GPU, else `cpu`."""
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    return "cuda" if cuda is not None and cuda.is_available() else "cpu"
