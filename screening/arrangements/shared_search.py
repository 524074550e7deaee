"""Searches that several compositions share.

The Ewald energy depends on charges and sites, not on the names of ions: Mo6+ and W6+ on the same host are one problem.
It is searched once; the compositions that differ only in names read its outcome and put their own ions in.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ewald.files.checked_json import read_checked, write_checked
from ewald.search.result import Histogram, LowEnergyArrangement, ScreenResult
from ewald.space.space import ConfigurationSpace
from screening.campaign.stages import EwaldStage
from screening.plan.configuration_space import search_key, species_order

SEARCHES_FOLDER = ".searches"
"""Where finished searches lie, beside the folders of the compositions."""

_COPIED = (
    "configurations", "distinct_configurations", "symmetry_order", "sites", "method", "certified", "bound_eV", "gap_eV",
    "evaluated", "seconds", "ranks",
)  # fmt: skip


def read_shared(folder: Path, space: ConfigurationSpace, stage: EwaldStage, comm: Any = None) -> ScreenResult | None:
    """Return the outcome of a finished search of the same problem, with this space's ions.

    Parameters
    ----------
    folder
        The folder that holds the folders of the compositions.
    space, stage
        What is to be searched, and how.
    comm
        MPI communicator: rank 0 reads, all ranks get the outcome.

    Returns
    -------
    ScreenResult or None
        None when it has not been searched yet, nothing was found, or the file is damaged.
    """
    document = None
    if comm is None or comm.Get_rank() == 0:
        document = read_checked(_path(folder, space, stage))
    if comm is not None:
        document = comm.bcast(document, root=0)
    return None if document is None or not document["lowest"] else _result(document, space)


def _result(document: dict[str, Any], space: ConfigurationSpace) -> ScreenResult:
    histogram = document["histogram"]
    return ScreenResult(
        **{name: document[name] for name in _COPIED},
        lowest=tuple(
            LowEnergyArrangement(entry["energy_eV"], int(entry["multiplicity"]), _named(space, entry["ions"]), space)
            for entry in document["lowest"]
        ),
        ions=space.ions,
        histogram=None if histogram is None else Histogram(**histogram | {"counts": tuple(histogram["counts"])}),
        problem_hash=space.problem_hash,
    )


def write_shared(folder: Path, space: ConfigurationSpace, stage: EwaldStage, result: ScreenResult) -> None:
    """Write a finished search for the other compositions to read, whole or not at all."""
    document: dict[str, Any] = {name: getattr(result, name) for name in _COPIED}
    document["lowest"] = [
        {
            "energy_eV": arrangement.energy_eV,
            "multiplicity": str(arrangement.multiplicity),
            "ions": _anonymous(space, arrangement.occupation),
        }
        for arrangement in result.lowest
    ]
    histogram = result.histogram
    document["histogram"] = None if histogram is None else vars(histogram) | {"counts": list(histogram.counts)}
    path = _path(folder, space, stage)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_checked(path, document)


def _path(folder: Path, space: ConfigurationSpace, stage: EwaldStage) -> Path:
    return folder / SEARCHES_FOLDER / f"{search_key(space, stage)}.json"


def _anonymous(space: ConfigurationSpace, occupation: NDArray[np.int8]) -> list[int]:
    """Return which ion, in the order of :func:`species_order`, sits on every site."""
    places = np.zeros(len(space), dtype=int)
    for sublattice in space.sublattices:
        sites = list(sublattice.sites)
        places[sites] = np.argsort(species_order(sublattice))[occupation[sites]]
    return [int(place) for place in places]


def _named(space: ConfigurationSpace, ions: list[int]) -> NDArray[np.int8]:
    """Return the species index on every site, given the ions in the order of :func:`species_order`."""
    places = np.array(ions)
    occupation = np.zeros(len(space), dtype=np.int8)
    for sublattice in space.sublattices:
        sites = list(sublattice.sites)
        occupation[sites] = np.array(species_order(sublattice))[places[sites]]
    return occupation
