"""The model of conductivities on this machine: its calibration is kept, so that a second use starts at once."""

import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from ewald.files.checked_json import read_checked, write_checked
from screening import prior
from screening.prior.measured import Measurement, read_measurements, shipped_measurements
from screening.prior.model import ConductivityPrior, HeldOut, fit_prior, require_scikit_learn
from screening.value import content_hash

_SEED = 1


def open_prior(tables: Sequence[Path] = ()) -> ConductivityPrior:
    """Fit the model to the shipped measurements and to the user's own.

    Raises
    ------
    UserError
        When scikit-learn is not installed, or a table cannot be read.
    """
    require_scikit_learn()
    measurements = (*shipped_measurements(), *(one for table in tables for one in read_measurements(table)))
    file = _cache_folder() / f"{_key(measurements)}.json"
    kept = read_checked(file)
    fitted = fit_prior(measurements, seed=_SEED, held_out=None if kept is None else HeldOut.from_document(kept))
    if kept is None:
        _keep(file, fitted.held_out)
    return fitted


def _key(measurements: Sequence[Measurement]) -> str:
    model = {file.name: file.read_text(encoding="utf-8") for file in sorted(Path(prior.__path__[0]).glob("*.py"))}
    return content_hash(list(measurements), _SEED, version("scikit-learn"), model)


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "ionsieve" / "prior"


def _keep(file: Path, held_out: HeldOut) -> None:
    """Keep the calibration; where nothing can be written, it is made again next time."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_checked(file, held_out.to_document())
    except OSError:
        return
