"""What `ewald screen --write` does: all distinct arrangements, random ones, or a Boltzmann sample, as files."""

import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from ewald.errors import UserError
from ewald.files.atomic import write_atomic
from ewald.io.formats import SUFFIXES, ArrangementTexts
from ewald.numbers import counted, exact_count
from ewald.search.enumeration.selection import (
    Selected,
    boltzmann_draws,
    boltzmann_of_all,
    every_distinct,
    missing_weight,
    random_distinct,
)
from ewald.space.symmetry import SymmetryGroup

if TYPE_CHECKING:
    from ewald.search.result import ScreenResult
    from ewald.space.space import ConfigurationSpace

_MODES = "all, random:N or boltzmann:N@T"
ORDERS = ("found", "symmetry")
# Files of one folder; more go into folders of so many.
_FOLDER = 10_000
# Each further proof keeps so many times the arrangements of the last, and no more than so many in all.
_GROWTH = 4
_MOST_KEPT = 20_000
# Where there are no more distinct arrangements, a sample is drawn from all of them sooner than more are proven.
_MOST_VISITED = 1_000_000
# What a file takes on disk at least.
_BLOCK_BYTES = 4096


@dataclass(frozen=True)
class WriteOptions:
    """What to write, and how.

    Attributes
    ----------
    mode
        ``all``, ``random:N`` or ``boltzmann:N@T``.
    out, file_format, seed
        The directory, the format of the files, and the seed of random numbers.
    order
        ``found``, or ``symmetry``: the highest symmetry first, which is the fewest copies.
    missing
        Largest share of the Boltzmann weight that may be outside the arrangements that are drawn from.
    """

    mode: str
    out: Path
    file_format: str = "cif"
    seed: int = 0
    order: str = "found"
    missing: float = 0.01


def parse_mode(text: str) -> tuple[str, int, float]:
    """Read ``all``, ``random:N`` or ``boltzmann:N@T``: mode, number and temperature in K.

    Examples
    --------
    >>> parse_mode("boltzmann:20@600")
    ('boltzmann', 20, 600.0)
    """
    found = re.fullmatch(r"(all)|(random):(\d+)|(boltzmann):(\d+)@(\d+(?:\.\d*)?)", text.strip())
    if found is None or "0" in {found[3], found[5]} or (found[6] and float(found[6]) <= 0):
        raise UserError("no such choice of arrangements", field="--write", value=text, fix=f"give {_MODES}")
    if found[1]:
        return "all", 0, 0.0
    return ("random", int(found[3]), 0.0) if found[2] else ("boltzmann", int(found[5]), float(found[6]))


def write_arrangements(
    result: "ScreenResult",
    space: "ConfigurationSpace",
    options: WriteOptions,
    deeper: Callable[[int], "ScreenResult"] | None = None,
) -> Iterator[str]:
    """Write the arrangements that were asked for into ``out/arrangements``, one after the other; yield what to print.

    ``arrangements.csv`` there has file, energy, copies, and for a Boltzmann sample how often each was drawn. It is
    written last. Copies are what they are in the result.

    Parameters
    ----------
    result, space
        A result, and the space it is of.
    options
        What to write.
    deeper
        Searches again for so many of the lowest arrangements; without it a Boltzmann sample is drawn from those of the
        result.
    """
    mode, number, _ = parse_mode(options.mode)
    if result.certified and not result.lowest:
        yield f"nothing to write for {options.mode}: no arrangement exists"
        return
    apart = result.distinct_configurations == space.configurations
    group = SymmetryGroup.trivial(space.form.n) if apart else space.group
    writer = _Writer(space, options)
    if mode == "all":
        yield from writer.write(
            ((one, 1) for one in every_distinct(space.form, group)), result.distinct_configurations, group.order
        )
    elif mode == "random":
        start = result.lowest[0].occupation[space.form.sites] if result.lowest else None
        chosen = random_distinct(space.form, group, number, options.seed, start)
        yield from writer.write(((one, 1) for one in chosen), number, group.order)
        if writer.written < number:
            yield _fewer(number, writer.written, result.distinct_configurations)
    else:
        yield from _write_boltzmann(result, group, writer, deeper)


def _write_boltzmann(
    result: "ScreenResult",
    group: SymmetryGroup,
    writer: "_Writer",
    deeper: Callable[[int], "ScreenResult"] | None,
) -> Iterator[str]:
    """Draw from the lowest where the others have hardly any weight, else from all if there are few, else search on."""
    space, options = writer.space, writer.options
    _, number, temperature_K = parse_mode(options.mode)
    distinct = result.distinct_configurations
    if _missing(result, space, temperature_K) > options.missing and distinct is not None and distinct <= _MOST_VISITED:
        drawn = boltzmann_of_all(space.form, group, number, temperature_K, options.seed)
        yield from writer.write(drawn, len(drawn), group.order)
        yield f"drawn from all {distinct:,} distinct arrangements at {temperature_K:g} K"
        return
    result, missing = _deep_enough(result, space, temperature_K, options.missing, deeper)
    lowest = _ranked(result, space)
    draws = boltzmann_draws(lowest, number, temperature_K, options.seed)
    drawn = [(Selected(*one), times) for one, times in zip(lowest, draws, strict=True) if times]
    yield from writer.write(drawn, len(drawn), group.order)
    text = f"drawn from the {len(lowest):,} lowest at {temperature_K:g} K"
    if missing > options.missing:
        yield (
            f"WARNING: {text}; all others may have up to {missing:.2g} of the weight together, more than the "
            f"{options.missing:g} asked for: give more time, a lower temperature or a larger --missing"
        )
    else:
        yield f"{text}; all others have at most {missing:.2g} of the weight together"


def _fewer(asked: int, written: int, distinct: int | None) -> str:
    """Say why a random choice ended early."""
    if distinct == written:
        return "there are no other distinct arrangements"
    return (
        f"WARNING: only {written:,} of {asked:,}: the exclusions leave hardly any others that random swaps reach; "
        "--write all visits them in order, and --keep gives the lowest"
    )


def _ranked(result: "ScreenResult", space: "ConfigurationSpace") -> tuple[tuple[float, int, np.ndarray], ...]:
    return tuple((a.energy_eV, a.multiplicity, a.occupation[space.form.sites]) for a in result.lowest)


def _missing(result: "ScreenResult", space: "ConfigurationSpace", temperature_K: float) -> float:
    """Bound the weight outside the lowest; 1 where nothing is proven."""
    if not result.certified or result.bound_eV is None or not result.lowest:
        return 1.0
    return missing_weight(_ranked(result, space), result.bound_eV, space.configurations, temperature_K)


def _deep_enough(
    result: "ScreenResult",
    space: "ConfigurationSpace",
    temperature_K: float,
    asked: float,
    deeper: Callable[[int], "ScreenResult"] | None,
) -> tuple["ScreenResult", float]:
    """Search for more of the lowest until little weight can be missing; also return the bound on what is."""
    if not result.certified or result.bound_eV is None:
        raise UserError(
            "needs the lowest arrangements with a proof", field="--write", fix="give more time, or a smaller cell"
        )
    missing = _missing(result, space, temperature_K)
    while missing > asked and deeper is not None and len(result.lowest) < _MOST_KEPT:
        found = deeper(min(_MOST_KEPT, _GROWTH * len(result.lowest)))
        if not found.certified or found.bound_eV is None or len(found.lowest) <= len(result.lowest):
            break
        result = found
        missing = _missing(result, space, temperature_K)
    return result, missing


class _Writer:
    """Writes arrangements as they come; memory holds one."""

    def __init__(self, space: "ConfigurationSpace", options: WriteOptions) -> None:
        self.space = space
        self.options = options
        self._folder = options.out / "arrangements"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._texts = ArrangementTexts(space, options.file_format)
        # What full_occupation makes of an occupation, for many of them.
        self._full = space.full_occupation(np.zeros(space.form.n, dtype=np.int8))
        self._variable = space.form.sites
        self.written = 0

    def write(self, chosen: Iterable[tuple[Selected, int]], expected: int | None, order: int) -> Iterator[str]:
        """Write files and their list; yield what to print.

        Parameters
        ----------
        chosen
            Arrangements, each with how often it was drawn.
        expected
            How many there will be at most, where that is known.
        order
            Of the symmetry group, which the numbers of copies divide.
        """
        many = expected is None or expected > _FOLDER
        number = copies = 0
        with TemporaryDirectory(dir=self._folder, prefix=".sorting-") as scratch:
            sorted_ones = chosen
            if self.options.order == "symmetry":
                sorted_ones = _by_symmetry(chosen, Path(scratch), order, self.space.form.n)
            unfinished = Path(scratch) / "arrangements.csv"
            with unfinished.open("w") as listing:
                listing.write("file,energy_eV,copies,drawn\n")
                for one, times in sorted_ones:
                    number, copies = number + 1, copies + one.multiplicity
                    name = self._file(number, one, expected, many=many)
                    listing.write(f"{name},{one.energy_eV:.9f},{one.multiplicity},{times}\n")
            unfinished.replace(self._folder / "arrangements.csv")
        self.written = number
        ordered = ", the highest symmetry first" if self.options.order == "symmetry" else ""
        yield (
            f"{counted(number, 'arrangement')} ({exact_count(copies)} with their symmetry copies) written to "
            f"{self._folder}{ordered}"
        )

    def _file(self, number: int, one: Selected, expected: int | None, *, many: bool) -> str:
        self._full[self._variable] = one.occupation
        text = self._texts.text(self._full)
        if number == 1:
            self._refuse_without_room(len(text), expected)
        name = f"arrangement-{number:06d}{SUFFIXES[self.options.file_format]}"
        if not many:
            write_atomic(self._folder / name, text)
            return name
        part = f"{(number - 1) // _FOLDER:04d}"
        if (number - 1) % _FOLDER == 0:
            (self._folder / part).mkdir(exist_ok=True)
        (self._folder / part / name).write_text(text)
        return f"{part}/{name}"

    def _refuse_without_room(self, size: int, expected: int | None) -> None:
        if expected is None:
            return
        needed = expected * -(-size // _BLOCK_BYTES) * _BLOCK_BYTES
        free = shutil.disk_usage(self._folder).free
        if needed > free:
            raise UserError(
                f"{exact_count(expected)} files need {needed / 1e9:.3g} GB, and {free / 1e9:.3g} GB are free there",
                field="--write",
                value=self.options.mode,
                fix="write random:N, or the lowest with --keep",
            )


def _by_symmetry(
    chosen: Iterable[tuple[Selected, int]], scratch: Path, order: int, sites: int
) -> Iterator[tuple[Selected, int]]:
    """Yield the arrangements with the fewest copies first; they wait in files, one for each number of copies."""
    record = np.dtype([("energy_eV", "f8"), ("drawn", "i8"), ("occupation", "i1", (sites,))])
    files = {copies: scratch / f"{copies}" for copies in range(1, order + 1) if order % copies == 0}
    streams = {}
    try:
        for one, times in chosen:
            if one.multiplicity not in streams:
                streams[one.multiplicity] = files[one.multiplicity].open("wb")
            row = np.array([(one.energy_eV, times, one.occupation)], dtype=record)
            streams[one.multiplicity].write(row.tobytes())
    finally:
        for stream in streams.values():
            stream.close()
    for copies in sorted(streams):
        with files[copies].open("rb") as waiting:
            while part := waiting.read(record.itemsize * 1000):
                for row in np.frombuffer(part, dtype=record):
                    yield Selected(float(row["energy_eV"]), copies, row["occupation"]), int(row["drawn"])
