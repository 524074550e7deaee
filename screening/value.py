"""The base of every value that travels between stages, and the types they share."""

import hashlib
import json
import sys
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeAlias, cast

from pydantic import BaseModel, ConfigDict, PlainSerializer, PlainValidator

from screening.hashed import hashed

if TYPE_CHECKING:
    from pymatgen.core import Structure


class Value(BaseModel):
    """An immutable, typed value that survives a round trip through JSON and MongoDB."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    def to_document(self) -> dict[str, Any]:
        """Return a plain JSON-compatible dict."""
        return self.model_dump(mode="json", by_alias=True)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Read what :meth:`to_document` wrote.

        Parameters
        ----------
        document
            Plain values, as read from JSON.

        Raises
        ------
        pydantic.ValidationError
            When a field is missing or has another type.
        """
        return cls.model_validate(document)


def _is_structure(value: object) -> bool:
    """Whether a value is a structure; where pymatgen was not imported, there is none."""
    pymatgen = sys.modules.get("pymatgen.core")
    return pymatgen is not None and isinstance(value, pymatgen.Structure)


def _structure(value: object) -> "Structure":
    from screening.structure_document import DeferredStructure, read_structure

    if _is_structure(value):
        return cast("Structure", value)
    if callable(value):
        return DeferredStructure(value)
    if isinstance(value, dict):
        try:
            return read_structure(value)
        except Exception as error:  # pymatgen does not check the dict, so any error can come of a wrong one
            raise ValueError(f"is not a structure: {type(error).__name__}") from None
    raise ValueError("expected a pymatgen Structure or its dict")


_READ_STRUCTURE = PlainValidator(_structure)

if TYPE_CHECKING:
    CrystalStructure: TypeAlias = Structure
else:
    # pymatgen takes a tenth of a second to import, and few commands read a structure.
    CrystalStructure = Annotated[
        Any, _READ_STRUCTURE, PlainSerializer(lambda s: s.as_dict(verbosity=0), return_type=dict)
    ]


def structure_fields(model: type[BaseModel]) -> frozenset[str]:
    """Return the names of the fields of a model that are structures."""
    return frozenset(name for name, field in model.model_fields.items() if _READ_STRUCTURE in field.metadata)


def content_hash(*parts: object) -> str:
    """Hash values, structures and JSON-compatible parts.

    Floats enter with 12 significant digits, so that the hash survives a round trip.

    Parameters
    ----------
    parts
        Values, structures, numbers, texts, and lists or mappings of them; their order counts.

    Examples
    --------
    >>> content_hash({"a": 0.1 + 0.2}) == content_hash({"a": 0.3})
    True
    """
    text = json.dumps([_rounded(part) for part in parts], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _rounded(part: object) -> object:
    if isinstance(part, float):
        return float(f"{part:.12g}")
    if isinstance(part, dict):
        return {str(key): _rounded(value) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [_rounded(value) for value in part]
    if isinstance(part, BaseModel):
        return _rounded(hashed(part))
    if _is_structure(part):
        return _rounded(cast("Structure", part).as_dict(verbosity=0))
    return part
