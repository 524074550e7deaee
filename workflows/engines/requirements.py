"""What an engine needs of a machine: programs, pseudopotentials, files of the user. Nothing is started."""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ewald.errors import CampaignError, DependencyError, install_extra
from workflows.engines.preset import EngineSettings

#: What to do about a setting that does not fit the machine.
CORRECT = "set {0} under the campaign's engine.settings, or in a preset file of your own named as engine.preset"


@dataclass(frozen=True)
class Lacking:
    """What a machine lacks for an engine.

    Attributes
    ----------
    field
        The setting that asks for it.
    problem
        What is not there.
    fix
        What to do about it.
    """

    field: str
    problem: str
    fix: str

    def error(self) -> DependencyError:
        """Return the error for it."""
        return DependencyError(self.problem, field=f"engine.settings.{self.field}", fix=self.fix)


def lacking(settings: EngineSettings, elements: Iterable[str] = ()) -> Lacking | None:
    """Return the first thing that this machine lacks for an engine; None when it can start.

    Parameters
    ----------
    settings
        Of the engine.
    elements
        Symbols of the elements whose pseudopotentials have to be there.
    """
    if settings.built_on_ase and find_spec("ase") is None:
        return Lacking("preset", "ASE is not installed", install_extra("ase"))
    executable = getattr(settings, "executable", None)
    if executable is not None and shutil.which(executable) is None:
        return Lacking(
            "executable", f"{executable} is not on the PATH", f"install it, or {CORRECT.format('executable')}"
        )
    command = getattr(settings, "command", None)
    if isinstance(command, tuple) and shutil.which(command[0]) is None:
        return Lacking("command", f"{command[0]} is not there", CORRECT.format("command"))
    return _pseudopotentials(settings, elements) or _potentials_of_vasp(settings) or _files(settings)


def _pseudopotentials(settings: EngineSettings, elements: Iterable[str]) -> Lacking | None:
    named, where = getattr(settings, "pseudo_dir", None), CORRECT.format("pseudo_dir")
    if named is None:
        return None
    folder = Path(named).expanduser()
    if not folder.is_dir():
        return Lacking("pseudo_dir", f"no folder of pseudopotentials {named}", where)
    files = getattr(settings, "pseudopotentials", {})
    for element in sorted(elements):
        if element in files and not (folder / files[element]).is_file():
            return Lacking(
                f"pseudopotentials.{element}", f"no file {folder / files[element]}", f"put it there, or {where}"
            )
    return None


def _potentials_of_vasp(settings: EngineSettings) -> Lacking | None:
    if not hasattr(settings, "potcar"):
        return None
    if settings.potcar == "files" and not _potcars():
        return Lacking("potcar", "no folder of POTCAR files", "tell pymatgen where they are: set PMG_VASP_PSP_DIR")
    if find_spec("custodian") is None:
        return Lacking("command", "custodian, which starts VASP, is not installed", install_extra("vasp"))
    return None


def _files(settings: EngineSettings) -> Lacking | None:
    given = getattr(settings, "files", {})
    needed = [name for name in getattr(settings, "needs_files", ()) if name not in given]
    if not needed:
        return None
    keys = ", ".join(f"{name}: FILE" for name in needed)
    return Lacking("files", f"needs a file of yours: {', '.join(needed)}", f"write settings: {{files: {{{keys}}}}}")


def _potcars() -> bool:
    """Return whether pymatgen knows where the POTCAR files are."""
    if os.environ.get("PMG_VASP_PSP_DIR"):
        return True
    from pymatgen.core import SETTINGS

    return bool(SETTINGS.get("PMG_VASP_PSP_DIR"))


def check_named(settings: EngineSettings, elements: Iterable[str]) -> None:
    """See that settings which name a pseudopotential for each element name one for all of these.

    Parameters
    ----------
    settings
        Of the engine.
    elements
        Symbols of the elements of the campaign and of its reference phases.

    Raises
    ------
    CampaignError
        When an element has none.
    """
    files = getattr(settings, "pseudopotentials", None)
    without = [] if files is None else sorted(set(elements) - set(files))
    if without:
        raise CampaignError(
            f"no pseudopotential for {', '.join(without)}",
            field=f"engine.settings.pseudopotentials.{without[0]}",
            fix="name its file there, in the campaign or in a preset file of your own",
        )
