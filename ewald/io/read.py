"""Reading a configuration space from any file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ewald.errors import UserError
from ewald.io.choices.set_occupancy import set_occupancies
from ewald.io.neutral import FreeCounts
from ewald.io.structure import existing_file, from_structure, neutral_of_structure, read_structure
from ewald.space.space import ConfigurationSpace

__all__ = ["ConfigurationSpace", "from_file", "is_space_file", "neutral_spaces"]


def from_file(path: str | Path, **options: Any) -> ConfigurationSpace:
    """Read a space from a YAML space file, or from any structure file pymatgen reads (CIF, POSCAR, ...).

    Parameters
    ----------
    path
        The file. Names ending in .yaml or .yml are space files; see :mod:`ewald.io.space_file`.
    **options
        As for :func:`from_structure`, and ``pairs``: what acts between the ions beside their formal charges, as
        :func:`ewald.io.with_pairs.with_pairs` takes it. Of a structure file also ``block`` (a CIF's data block),
        ``ignore_formula`` (go on where sites lack an element of the file's formula) and ``occupancy``, see
        :func:`ewald.io.choices.set_occupancy.set_occupancies`.

    Raises
    ------
    UserError
        If the file is missing or unreadable; messages name the file.
    """
    file = existing_file(path)
    pairs = options.pop("pairs", None)
    try:
        if is_space_file(file):
            from ewald.io.space_file import read_space_file

            return _with_pairs(read_space_file(file, options), pairs)
        return _with_pairs(from_structure(_structure(file, options), **options), pairs)
    except UserError as error:
        raise error.in_file(file) from error.__cause__


def neutral_spaces(source: Any, free: Sequence[str] = (), **options: Any) -> tuple[ConfigurationSpace, ...]:
    """Make one space for every choice of the free numbers of ions that is neutral.

    Parameters
    ----------
    source
        A pymatgen structure, or the path of a structure file or YAML space file.
    free
        The sublattices whose numbers are free, by name or element, each with limits on the numbers of its species where
        wanted: ``"Na"``, ``"Na:vacancy=0-6"``. A space file may say it itself, in ``free`` or in its counts.
    **options
        As for :func:`from_file`, without ``balance``.

    Returns
    -------
    tuple of ConfigurationSpace
        In the order of the numbers. The energies of two of them are not comparable: their ions differ.

    Raises
    ------
    UserError
        If no choice is neutral or too many are, and as :func:`from_file`.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> sites = [{"Na+": 0.5, "Mg2+": 0.5}, {"Cl-": 0.5, "O2-": 0.5}]
    >>> crystal = Structure(Lattice.cubic(4), sites, [[0, 0, 0], [0.5, 0.5, 0.5]])
    >>> [space.configurations for space in neutral_spaces(crystal, ["Na", "Cl"], supercell="1 1 2")]
    [1, 4, 1]
    """
    free_counts = [FreeCounts.parse(text) for text in free]
    pairs = options.pop("pairs", None)
    if not isinstance(source, str | Path):
        return tuple(_with_pairs(one, pairs) for one in neutral_of_structure(source, free_counts, **options))
    file = existing_file(source)
    try:
        if is_space_file(file):
            from ewald.io.space_file import read_neutral_spaces

            spaces = read_neutral_spaces(file, free_counts, options)
        else:
            spaces = neutral_of_structure(_structure(file, options), free_counts, **options)
        return tuple(_with_pairs(one, pairs) for one in spaces)
    except UserError as error:
        raise error.in_file(file) from error.__cause__


def _with_pairs(space: ConfigurationSpace, pairs: Any) -> ConfigurationSpace:
    if pairs is None:
        return space
    from ewald.io.with_pairs import with_pairs  # its models take longer to load than most cells to count

    return with_pairs(space, pairs)


def _structure(file: Path, options: dict[str, Any]) -> Any:
    """Read the structure; takes the options of reading out of the others."""
    reading = {name: options.pop(name) for name in ("block", "ignore_formula") if name in options}
    return set_occupancies(read_structure(file, **reading), options.pop("occupancy", ()))


def is_space_file(file: Path) -> bool:
    """Tell by its name whether a file is a YAML space file."""
    return file.suffix.lower() in {".yaml", ".yml"}


# For the users' convenience: a space itself knows nothing of files.
ConfigurationSpace.from_file = staticmethod(from_file)
ConfigurationSpace.from_structure = staticmethod(from_structure)
