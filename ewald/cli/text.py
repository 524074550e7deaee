"""What the ``ewald`` commands say of spaces and results, to people and as JSON."""

import sys
from typing import TYPE_CHECKING, Any, TextIO

from ewald.numbers import count_or_limit, exact_count
from ewald.version import __version__

if TYPE_CHECKING:
    from ewald.search.result import ScreenResult
    from ewald.space.space import ConfigurationSpace

_DEFAULT_KEEP = 5


def count_document(space: "ConfigurationSpace") -> dict[str, Any]:
    """Return what ``ewald count --json`` prints of a space."""
    return {
        "configurations": space.configurations,
        "configurations_exact": space.configurations_exact,
        "distinct_configurations": space.distinct_configurations(),
        "symmetry_order": space.symmetry_order,
        "sites": len(space),
        "neutral": space.neutral,
        "charge_e": round(space.charge, 9),
        "sublattices": [
            {
                "name": s.name,
                "sites": len(s.sites),
                "counts": dict(zip(s.species, s.counts, strict=True)),
                "charges": dict(zip(s.species, s.charges, strict=True)),
            }
            for s in space.sublattices
        ],
        "notes": list(space.notes),
        "approximant": None if space.approximant is None else space.approximant.to_document(),
        "version": __version__,
    }


def show(text: str, stream: TextIO | None = None) -> None:
    """Print a text."""
    print(text, file=stream or sys.stdout)


def show_space(space: "ConfigurationSpace") -> None:
    """Print what a space was made of, and an empty line."""
    near = () if space.approximant is None else space.approximant.describe()
    for line in (*space.notes, *near, *space.describe(), ""):
        show(line)


def kept(asked: int | None, space: "ConfigurationSpace", *, use_symmetry: bool) -> int:
    """Return how many arrangements to keep: as many as asked for, else the usual number or all if there are fewer."""
    if asked is not None:
        return asked
    if space.configurations >= _DEFAULT_KEEP * space.symmetry_order:
        return _DEFAULT_KEEP
    distinct = space.distinct_configurations() if use_symmetry else space.configurations
    return _DEFAULT_KEEP if distinct is None else max(1, min(_DEFAULT_KEEP, distinct))


def summary(result: "ScreenResult", out: str | None) -> str:
    """Format a result for people."""
    distinct = result.distinct_configurations
    number = count_or_limit(result.configurations, exact=result.configurations_exact)
    apart = "" if distinct is None else f", {exact_count(distinct)} distinct"
    lines = [
        f"{number} configurations{apart}; {result.symmetry_order} symmetry operations",
        *(note for note in result.notes[-1:]),
        f"{result.method}: {exact_count(result.evaluated)} evaluated in {result.seconds:.2f} s"
        + (f" on {result.ranks} ranks" if result.ranks > 1 else ""),
        result.verdict,
    ]
    if result.lowest:
        lines += ["", f"{'energy (eV/cell)':>18} {'above lowest (eV)':>18} {'copies':>8}  file"]
    for arrangement in result.lowest:
        above = arrangement.energy_eV - result.lowest[0].energy_eV
        lines.append(
            f"{arrangement.energy_eV:18.6f} {above:18.6f} {arrangement.multiplicity:8d}  {arrangement.file or '-'}"
        )
    if out is not None:
        lines += ["", f"written to {out}"]
    return "\n".join(lines)
