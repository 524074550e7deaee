"""Pair terms that a user asks for: written out, in a file of their own, or by name."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ewald.errors import StructureError
from ewald.files.document import read_yaml
from ewald.pairs.model import PairModel
from ewald.pairs.repulsion import born_mayer
from ewald.space.space import ConfigurationSpace

#: What ``pairs`` may be: a model or its content, the name ``born_mayer``, or the path of a YAML file.
Pairs = PairModel | Mapping[str, Any] | str | Path

_BY_NAME = "born_mayer"


def with_pairs(space: ConfigurationSpace, pairs: Pairs | None) -> ConfigurationSpace:
    """Let the ions of a space interact as asked; None changes nothing.

    Raises
    ------
    StructureError
        If the content is wrong, or names a species that the space does not have.
    """
    if pairs is None:
        return space
    charges = {name: q for s in space.sublattices for name, q in zip(s.species, s.charges, strict=True)}
    present = {name: q for name, q in charges.items() if _count(space, name)}
    model = born_mayer(present) if pairs == _BY_NAME else read_pairs(pairs)
    model.require_known(charges)
    return replace(space, pairs=model, notes=(*space.notes, f"interactions: {model.summary}"))


def read_pairs(pairs: Pairs) -> PairModel:
    """Make a model of its content or of a file with it, which may stand below a key ``pairs``.

    Raises
    ------
    StructureError
        Naming the file and the field that is wrong.
    """
    if isinstance(pairs, str | Path):
        file = Path(pairs)
        content = read_yaml(file, StructureError, fix=f"give the path of a YAML file, or {_BY_NAME}")
        try:
            return PairModel.parse(content.get("pairs", content))
        except StructureError as error:
            raise error.in_file(file) from error.__cause__
    return PairModel.parse(pairs)


def _count(space: ConfigurationSpace, name: str) -> int:
    """Count the ions of a name."""
    return sum(
        number
        for s in space.sublattices
        for species, number in zip(s.species, s.counts, strict=True)
        if species == name
    )
