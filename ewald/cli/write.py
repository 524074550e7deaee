"""What `ewald screen --write` does: all distinct arrangements, random ones, or a Boltzmann sample, as files."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ewald.errors import UserError
from ewald.files.atomic import write_atomic
from ewald.io.formats import SUFFIXES, arrangement_text
from ewald.search.enumeration.selection import (
    Selected,
    boltzmann_draws,
    every_distinct,
    missing_weight,
    random_distinct,
    refuse_many,
)
from ewald.space.symmetry import SymmetryGroup

if TYPE_CHECKING:
    from ewald.search.result import ScreenResult
    from ewald.space.space import ConfigurationSpace

_MODES = "all, random:N or boltzmann:N@T"


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
    result: "ScreenResult", space: "ConfigurationSpace", text: str, *, out: str | Path, file_format: str, seed: int
) -> Iterator[str]:
    """Write the arrangements that were asked for into ``out/arrangements``, one after the other; yield what to print.

    ``arrangements.csv`` there has file, energy, copies, and for a Boltzmann sample how often each was drawn. Copies are
    what they are in the result.
    """
    mode, number, temperature_K = parse_mode(text)
    apart = result.distinct_configurations == space.configurations
    group = SymmetryGroup.trivial(space.form.n) if apart else space.group
    folder = Path(out) / "arrangements"
    folder.mkdir(parents=True, exist_ok=True)
    if mode == "all":
        refuse_many(space.configurations)
        yield _written(space, folder, file_format, ((one, 1) for one in every_distinct(space.form, group)))
    elif mode == "random":
        yield _written(
            space, folder, file_format, ((one, 1) for one in random_distinct(space.form, group, number, seed))
        )
    else:
        if not result.certified or result.bound_eV is None:
            raise UserError(
                "needs the lowest arrangements with a proof", field="--write", fix="give more time, or a smaller cell"
            )
        lowest = tuple((a.energy_eV, a.multiplicity, a.occupation[space.form.sites]) for a in result.lowest)
        draws = boltzmann_draws(lowest, number, temperature_K, seed)
        chosen = ((Selected(*one), times) for one, times in zip(lowest, draws, strict=True) if times)
        yield _written(space, folder, file_format, chosen)
        missing = missing_weight(lowest, result.bound_eV, space.configurations, temperature_K)
        yield (
            f"drawn from the {len(lowest)} lowest at {temperature_K:g} K; all others have at most {missing:.2g} of the "
            "weight together (more --keep makes it less)"
        )


def _written(
    space: "ConfigurationSpace", folder: Path, file_format: str, chosen: Iterable[tuple[Selected, int]]
) -> str:
    lines = ["file,energy_eV,copies,drawn"]
    for number, (one, times) in enumerate(chosen, start=1):
        name = f"arrangement-{number:06d}{SUFFIXES[file_format]}"
        write_atomic(folder / name, arrangement_text(space, space.full_occupation(one.occupation), file_format))
        lines.append(f"{name},{one.energy_eV:.9f},{one.multiplicity},{times}")
    write_atomic(folder / "arrangements.csv", "\n".join(lines) + "\n")
    return f"{len(lines) - 1:,} arrangements written to {folder}"
