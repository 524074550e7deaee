"""Which engines could start on this machine."""

from collections.abc import Iterator
from pathlib import Path

from ewald.errors import DependencyError, UserError
from screening.campaign.execution import EngineChoice
from workflows.doctor.finding import Finding, State
from workflows.engines.preset import EngineSettings
from workflows.engines.registry import load_engine, read_settings
from workflows.engines.requirements import CORRECT, lacking
from workflows.shipped import config_names


def engines() -> Iterator[Finding]:
    """Yield one finding for each shipped preset; nothing is computed."""
    for name in config_names("engines"):
        yield _engine(name)


def _engine(name: str) -> Finding:
    choice = EngineChoice(preset=name)
    try:
        _, settings, _ = read_settings(choice)
        wanted = _lacking(settings)
        if wanted is not None:
            return Finding("engine", name, *wanted)
        source = load_engine(choice).provenance
    except UserError as error:
        state = State.MISSING if isinstance(error, DependencyError) else State.NOT_SET_UP
        place = "" if error.field is None else f"{error.field}: "
        return Finding("engine", name, state, f"{place}{error.problem}", error.fix or "")
    return Finding("engine", name, State.OK, f"{source.code} {source.version}")


def _lacking(settings: EngineSettings) -> tuple[State, str, str] | None:
    """Return what a preset wants of the user and does not find: a program, pseudopotentials, a model file."""
    command = getattr(settings, "command", None)
    if isinstance(command, tuple) and not Path(command[-1]).is_file():
        return State.NOT_SET_UP, f"{command[-1]} is not there", CORRECT.format("command")
    found = lacking(settings)
    if found is None:
        return None
    return State.MISSING if found.field == "executable" else State.NOT_SET_UP, found.problem, found.fix
