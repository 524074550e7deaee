"""What a screen found, and the files it leaves behind."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ewald.errors import UserError
from ewald.files.atomic import write_atomic
from ewald.html_table import html_table
from ewald.version import __version__

if TYPE_CHECKING:
    from ewald.space.approximant import Approximant
    from ewald.space.space import ConfigurationSpace


# Rows of the table in a notebook.
_SHOWN = 20
_NOTHING_EXISTS = "certified: no arrangement keeps the ions so far apart; lower --min-distance"
_NOTHING_FOUND = (
    "no arrangement found: the search ended before it had one that keeps the ions apart that exclude one another; "
    "give a longer --time-limit, or --method sample"
)


@dataclass(frozen=True, eq=False)
class LowEnergyArrangement:
    """One of the lowest arrangements, standing for all its symmetry copies.

    Parameters
    ----------
    energy_eV
        Ewald energy per supercell.
    multiplicity
        Number of distinct arrangements that symmetry makes of it, itself included.
    occupation
        Species index (within its sublattice) on every site of the space; shape (N,), int8.
    space
        The configuration space that it belongs to.
    file
        Name of the CIF written for it, or None.
    """

    energy_eV: float
    multiplicity: int
    occupation: NDArray[np.int8]
    space: "ConfigurationSpace" = field(repr=False)
    file: str | None = None

    def structure(self) -> Any:
        """Return the ordered pymatgen structure, vacancies left out, oxidation states on the species."""
        from ewald.io.cif import ordered_structure

        return ordered_structure(self.space, self.occupation)


@dataclass(frozen=True)
class Histogram:
    """Energies of all arrangements, counted in equal bins.

    ``counts[b]`` arrangements (symmetry copies included) have energies in
    ``[low_eV + b * width_eV, low_eV + (b + 1) * width_eV)``.

    Parameters
    ----------
    low_eV
        Lower end of the first bin.
    width_eV
        Width of a bin.
    counts
        Arrangements in each bin.
    """

    low_eV: float
    width_eV: float
    counts: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class SearchOutcome:
    """Result that a search returns to :func:`ewald.screen`.

    Parameters
    ----------
    lowest
        (energy_eV, multiplicity, occupation of the variable sites (n,) in canonical form), sorted by
        :func:`ewald.search.ranking.rank`.
    certified
        Whether ``lowest`` is proven to be the lowest of all.
    bound_eV
        No arrangement that is not in ``lowest`` can be below this energy; None where nothing is proven. For a
        certified search it is the energy of the last of ``lowest`` (or of the next one, where known).
    gap_eV
        0 when certified; else energy of the last of ``lowest`` minus ``bound_eV``; None where nothing is proven.
    evaluated
        Configurations or search nodes looked at.
    method
        "exhaustive", "exact" or "sample".
    ranks
        Processes that took part.
    histogram
        Energies of all arrangements; exhaustive only.
    statistics
        Further figures (moments, averages, nodes); plain JSON values.
    """

    lowest: tuple[tuple[float, int, NDArray[np.int8]], ...]
    certified: bool
    bound_eV: float | None
    gap_eV: float | None
    evaluated: int
    method: str
    ranks: int = 1
    histogram: Histogram | None = None
    statistics: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class ScreenResult:
    """The lowest arrangements of a space and what is known about them; the content of ``result.json``.

    Attributes
    ----------
    configurations, distinct_configurations
        Number of arrangements, all and without symmetry copies; None where it was not counted.
    configurations_exact
        Whether `configurations` is the number itself, and not an upper limit.
    symmetry_order
        Number of symmetry operations of the cell.
    sites, ions
        Sites of the cell, and those of them that carry an ion.
    method
        "exact", "exhaustive" or "sample".
    certified
        Whether `lowest` is proven to be the lowest of all.
    bound_eV
        No arrangement that is not in `lowest` can be below this energy; None where nothing is proven.
    gap_eV
        How far the proven bound lies below what was found; 0 when certified, None where nothing is proven.
    evaluated
        Configurations or search nodes looked at.
    seconds
        Wall-clock time of the search.
    ranks
        Processes that took part.
    lowest
        The arrangements, lowest energy first.
    histogram
        Energies of all arrangements; exhaustive only.
    statistics
        Further figures of the search (moments, averages, nodes).
    notes
        Remarks for the user, a line each.
    problem_hash
        Fingerprint of everything that fixes energies and arrangements; checkpoints are compared by it.
    version
        IonSieve's.
    approximant
        Every number beside that of the file, where the file was not neutral or its occupancies not whole; else None.
    """

    configurations: int | None
    distinct_configurations: int | None
    symmetry_order: int
    sites: int
    method: str
    certified: bool
    bound_eV: float | None
    gap_eV: float | None
    evaluated: int
    seconds: float
    ranks: int
    lowest: tuple[LowEnergyArrangement, ...]
    ions: int
    histogram: Histogram | None = None
    statistics: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    problem_hash: str = ""
    version: str = __version__
    approximant: "Approximant | None" = None
    configurations_exact: bool = True

    @property
    def gap_meV_per_ion(self) -> float | None:
        """The gap for each ion of the cell, vacancies not counted; None where nothing is proven."""
        return None if self.gap_eV is None else 1000 * self.gap_eV / max(self.ions, 1)

    @property
    def verdict(self) -> str:
        """What is proven, in one line; or that nothing was found, and what to do."""
        if not self.lowest:
            return _NOTHING_EXISTS if self.certified else _NOTHING_FOUND
        if self.certified:
            return "certified: proven to be the lowest"
        if self.gap_eV is None:
            return "not certified: the lowest found, nothing is proven"
        gap = f"gap {self.gap_eV:.6f} eV, {self.gap_meV_per_ion:.3g} meV per ion"
        return f"not certified: nothing lies below {self.bound_eV:.6f} eV, {gap}"

    def _repr_html_(self) -> str:
        """Show the lowest arrangements in a notebook."""
        first_eV = self.lowest[0].energy_eV if self.lowest else 0.0
        rows = [
            (f"{a.energy_eV:.6f}", f"{a.energy_eV - first_eV:.6f}", a.multiplicity, a.file or "-")
            for a in self.lowest[:_SHOWN]
        ]
        header = ("energy (eV/cell)", "above lowest (eV)", "copies", "file")
        more = f"; the lowest {_SHOWN} of {len(self.lowest)}" if len(self.lowest) > _SHOWN else ""
        return html_table(f"{self.method}, {self.verdict}{more}", header, rows)

    def to_document(self) -> dict[str, Any]:
        """Return the JSON-compatible content of ``result.json``."""
        names = (
            "configurations", "configurations_exact", "distinct_configurations", "symmetry_order", "sites", "method",
            "certified", "bound_eV",
            "gap_eV", "gap_meV_per_ion", "verdict", "ions", "evaluated", "seconds", "ranks", "version", "problem_hash",
        )  # fmt: skip
        document: dict[str, Any] = {name: getattr(self, name) for name in names}
        document["notes"] = list(self.notes)
        document["approximant"] = None if self.approximant is None else self.approximant.to_document()
        document["statistics"] = dict(self.statistics)
        document["lowest"] = [
            {"energy_eV": a.energy_eV, "multiplicity": a.multiplicity, "file": a.file} for a in self.lowest
        ]
        return document

    def write(self, directory: "str | Path", file_format: str = "cif") -> "ScreenResult":
        """Write the arrangements, ``histogram.csv`` where there is one, and last ``result.json``.

        Parameters
        ----------
        directory
            Made where it is missing.
        file_format
            Of the arrangements: ``"cif"``, ``"poscar"`` or ``"extxyz"``.

        Returns
        -------
        ScreenResult
            The same result with the files named.

        Raises
        ------
        UserError
            If the directory cannot be written.
        """
        from ewald.io.formats import SUFFIXES, arrangement_text

        folder = writable_directory(directory)
        named = []
        for rank, arrangement in enumerate(self.lowest, start=1):
            text = arrangement_text(arrangement.space, arrangement.occupation, file_format)
            name = f"lowest-{rank:0{max(2, len(str(len(self.lowest))))}d}{SUFFIXES[file_format]}"
            write_atomic(folder / name, text)
            named.append(replace(arrangement, file=name))
        result = replace(self, lowest=tuple(named))
        if self.histogram is not None:
            write_atomic(folder / "histogram.csv", histogram_csv(self.histogram))
        write_atomic(folder / "result.json", json.dumps(result.to_document(), indent=2) + "\n")
        return result


def histogram_csv(histogram: Histogram) -> str:
    """Format a histogram as CSV: lower and upper edge of each bin in eV, and the exact count."""
    lines = ["low_eV,high_eV,configurations"]
    for number, count in enumerate(histogram.counts):
        low = histogram.low_eV + number * histogram.width_eV
        lines.append(f"{low:.9f},{low + histogram.width_eV:.9f},{count}")
    return "\n".join(lines) + "\n"


def writable_directory(directory: "str | Path") -> Path:
    """Make a directory and check that files can be written there.

    Raises
    ------
    UserError
        If it cannot be made or written.
    """
    folder = Path(directory)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UserError(
            f"cannot write there ({error.strerror})",
            field="--out",
            value=str(folder),
            fix="choose a directory you may write",
        ) from error
    return folder
