"""One Firework of a stage; its Firetask is named by the table of stages alone."""

from importlib import import_module
from typing import Any

from fireworks import Firework

from workflows.spec import STAGES, StageSpec


def firework(spec: StageSpec, name: str, *, allow_failed_parents: bool = False, **options: Any) -> Firework:
    """Make the Firework of a stage.

    Parameters
    ----------
    name
        What it is called in FireWorks' tables.
    allow_failed_parents
        Run it also when work before it failed.
    options
        Of FireWorks' own class: `parents`, `state`.
    """
    module, task = STAGES[spec.stage].task.split(".")
    # Imported when it is needed: the Firetasks build Fireworks themselves.
    made = getattr(import_module(f"workflows.firetasks.{module}"), task)()
    return Firework(made, spec=spec.to_fw_spec(allow_failed_parents=allow_failed_parents), name=name, **options)
