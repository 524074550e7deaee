"""What the command line does with free numbers of ions: every neutral choice is counted, or screened, on its own."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ewald.cli.text import count_document, kept
from ewald.files.atomic import write_atomic
from ewald.numbers import count_or_limit, exact_count
from ewald.search.result import ScreenResult, writable_directory
from ewald.search.screen import screen
from ewald.space.space import ConfigurationSpace
from ewald.version import __version__


def _free_names(spaces: Sequence[ConfigurationSpace]) -> list[str]:
    """Name the sublattices whose numbers differ between the spaces (all that vary, where there is one space only)."""
    columns = zip(*(space.sublattices for space in spaces), strict=True)
    different = [c[0].name for c in columns if len({(s.species, s.counts) for s in c}) > 1]
    return different or [s.name for s in spaces[0].variable_sublattices]


def numbers(space: ConfigurationSpace, names: Sequence[str]) -> dict[str, dict[str, int]]:
    """Numbers of ions on the sublattices named."""
    return {s.name: dict(zip(s.species, s.counts, strict=True)) for s in space.sublattices if s.name in names}


def label(space: ConfigurationSpace, names: Sequence[str]) -> str:
    """Name a space by its numbers, as a folder may be called: ``Na+_70-vacancy_2-Sb5+_22-W6+_2``."""
    return "-".join(f"{one}_{n}" for counts in numbers(space, names).values() for one, n in counts.items() if n)


def count(spaces: Sequence[ConfigurationSpace], *, as_json: bool) -> str:
    """Count every space; a table for people, or JSON."""
    names = _free_names(spaces)
    total = sum(space.configurations for space in spaces)
    if as_json:
        entries = [{"label": label(space, names), **count_document(space)} for space in spaces]
        return json.dumps({"spaces": entries, "configurations": total, "version": __version__}, indent=2)
    width = max(len("numbers of ions"), *(len(label(space, names)) for space in spaces))
    lines = [*spaces[0].notes[:1], f"{len(spaces)} neutral choices of the numbers on {', '.join(names)}", ""]
    lines.append(f"{'numbers of ions':{width}}  {'configurations':>26}  {'distinct':>26}")
    for space in spaces:
        distinct = exact_count(space.distinct_configurations())
        number = count_or_limit(space.configurations, exact=space.configurations_exact)
        lines.append(f"{label(space, names):{width}}  {number:>26}  {distinct:>26}")
    exact = all(space.configurations_exact for space in spaces)
    return "\n".join([*lines, "", f"configurations in all     {count_or_limit(total, exact=exact)}"])


def screen_each(
    spaces: Sequence[ConfigurationSpace],
    keep: int | None,
    out: str | None,
    *,
    as_json: bool,
    say: Callable[[str], None],
    **settings: Any,
) -> bool:
    """Screen one space after the other, each into a folder of its own.

    ``spaces.json`` in the directory lists them when all are done. Their energies are not comparable: their ions differ.

    Parameters
    ----------
    spaces, keep, out
        The spaces, how many arrangements of each, and the directory.
    as_json
        Whether JSON is said at the end, instead of a line for each.
    say
        Prints a text.
    settings
        Of :func:`ewald.screen`.

    Returns
    -------
    bool
        Whether an arrangement of any space was found.
    """
    names = _free_names(spaces)
    folder = None if out is None else writable_directory(out)
    documents = []
    if not as_json:
        say(f"{len(spaces)} neutral choices of the numbers on {', '.join(names)}; lowest energy of each (eV/cell):")
    for space in spaces:
        name = label(space, names)
        result = _screened(space, keep, None if folder is None else folder / name, settings)
        documents.append(_document(space, names, name, result))
        if not as_json:
            say(f"  {name}  {_line(result)}")
    document = {"spaces": documents, "version": __version__}
    if folder is not None and (settings["comm"] is None or settings["comm"].Get_rank() == 0):
        write_atomic(Path(folder) / "spaces.json", json.dumps(document, indent=2) + "\n")
    say(json.dumps(document, indent=2) if as_json else f"written to {out}" if out else "")
    return any(one.get("lowest") for one in documents)


def _screened(
    space: ConfigurationSpace, keep: int | None, folder: Path | None, settings: dict[str, Any]
) -> ScreenResult | None:
    if not space.configurations:
        return None
    least = kept(keep, space, use_symmetry=settings["use_symmetry"])
    distinct = space.distinct_configurations() if settings["use_symmetry"] else space.configurations
    return screen(space, keep=least if distinct is None else min(least, distinct), out=folder, **settings)


def _document(
    space: ConfigurationSpace, names: Sequence[str], name: str, result: ScreenResult | None
) -> dict[str, Any]:
    found = {} if result is None else result.to_document()
    return {"label": name, "numbers": numbers(space, names), "configurations": space.configurations, **found}


def _line(result: ScreenResult | None) -> str:
    if result is None:
        return "no arrangement keeps the ions so far apart"
    if not result.lowest:
        return result.verdict
    state = "certified" if result.certified else "not certified"
    number = count_or_limit(result.configurations, exact=result.configurations_exact)
    return f"{result.lowest[0].energy_eV:.6f}  {number} configurations, {state}"
