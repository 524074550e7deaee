"""The survivors of a campaign as a jobflow Flow: what atomate2, jobflow and jobflow-remote load and run.

jobflow (https://materialsproject.github.io/jobflow) is an extra, and is imported only when a Flow is made. Which job is
done with each structure is the user's choice: a maker of atomate2, or any class or function that makes a job.
"""

import importlib
import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pymatgen.core import Structure

from ewald.errors import DependencyError, UserError, install_extra
from ewald.files.atomic import write_atomic
from screening.record.handover.structure_set import chosen, labels
from screening.record.record import CampaignRecord

if TYPE_CHECKING:
    from jobflow import Flow

FLOW_NAME = "flow.json"
_FIELD = "--jobflow"


def write_flow(record: CampaignRecord, maker: str, folder: Path) -> Path:
    """Write the Flow of :func:`survivors_flow` as `flow.json` and return its path.

    `loadfn` of `monty.serialization` reads it back where jobflow and the maker's package are installed.

    Parameters
    ----------
    record
        The campaign.
    maker
        Import path, as of :func:`load_maker`.
    folder
        Made where it is missing; a file of an earlier export is replaced.

    Raises
    ------
    DependencyError
        When jobflow, or the package of the maker, is not installed.
    UserError
        When the maker makes no jobs, or the campaign has no candidate near the hull.
    """
    _require_jobflow()
    from monty.json import MontyEncoder

    flow = survivors_flow(record, load_maker(maker), source=maker)
    return write_atomic(folder / FLOW_NAME, json.dumps(flow, cls=MontyEncoder, allow_nan=False) + "\n")


def survivors_flow(record: CampaignRecord, make: Callable[[Structure], Any], *, source: str = "") -> "Flow":
    """Return a Flow with one job or flow for each survivor, best first.

    Every job carries the campaign, its revision and the labels of its candidate as metadata under `ionsieve`. Where
    nothing passed the long MD, the candidates near the hull are taken, and `passed` there is false.

    Parameters
    ----------
    record
        The campaign.
    make
        From a structure without oxidation states, sorted by element, to a jobflow Job or Flow.
    source
        What the user called it, for messages.

    Raises
    ------
    DependencyError
        When jobflow is not installed.
    UserError
        When `make` returns something else, or the campaign has no candidate near the hull.
    """
    _require_jobflow()
    from jobflow import Flow, Job

    histories, passed = chosen(record)
    if not histories:
        raise UserError("no candidate of this campaign is near the hull yet", field=_FIELD, fix="export it later")
    jobs = []
    for history in histories:
        structure = history.structure.get_sorted_structure()
        structure.remove_oxidation_states()
        made = make(structure)
        if not isinstance(made, Job | Flow):
            raise UserError(
                f"returns {type(made).__name__}, neither a Job nor a Flow of jobflow",
                field=_FIELD,
                value=source,
                fix="name a maker of atomate2, or a function with the decorator jobflow.job",
            )
        made.append_name(f" {history.id}", prepend=False)
        origin = {"campaign": record.campaign.name, "revision": record.revision, "passed": passed, **labels(history)}
        made.update_metadata({"ionsieve": origin})
        jobs.append(made)
    return Flow(jobs, name=f"{record.campaign.name}: {'survivors' if passed else 'candidates near the hull'}")


def load_maker(path: str) -> Callable[[Structure], Any]:
    """Import the maker that turns a structure into a job.

    Parameters
    ----------
    path
        `package.module.Name`: a class without required arguments and with a method `make(structure)`, as atomate2's
        makers; an object with that method; or a function of a structure.

    Raises
    ------
    DependencyError
        When its package is not installed.
    UserError
        When there is no such name, or it cannot make anything.
    """
    module_name, _, name = path.replace(":", ".").rpartition(".")
    if not module_name:
        raise UserError("not an import path", field=_FIELD, value=path, fix="give package.module.Name")
    try:
        found = getattr(importlib.import_module(module_name), name)
    except ImportError as error:
        raise DependencyError(
            f"cannot be imported ({error})",
            field=_FIELD,
            value=path,
            fix="install its package as its author says, or name its folder in PYTHONPATH",
        ) from None
    except AttributeError:
        raise UserError(f"{module_name} has no {name}", field=_FIELD, value=path, fix="correct the name") from None
    try:
        made = found() if inspect.isclass(found) else found
    except TypeError as error:
        raise UserError(
            f"needs arguments ({error})",
            field=_FIELD,
            value=path,
            fix="name an object of it that a module of yours makes",
        ) from None
    make = getattr(made, "make", made)
    if not callable(make):
        raise UserError("makes nothing of a structure", field=_FIELD, value=path, fix="name a class with a method make")
    return make


def _require_jobflow() -> None:
    try:
        importlib.import_module("jobflow")
    except ImportError:
        raise DependencyError("a Flow needs jobflow, which is not installed", fix=install_extra("jobflow")) from None
