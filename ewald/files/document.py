"""What a user wrote, read and checked: every fault is one line that names file, field, value and fix."""

import csv
import difflib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ewald.errors import UserError

Kind = TypeVar("Kind", bound=UserError)

#: What our own validators raise; their messages are shown as they are written.
_OWN_MESSAGES = ("value_error", "assertion_error")


def read_yaml(path: Path, kind: type[UserError], *, fix: str | None = None, secret: bool = False) -> dict[str, Any]:
    """Read a YAML file that holds a mapping.

    Parameters
    ----------
    path
        The file.
    kind
        Class of the error.
    fix
        What helps when the file is missing or holds something else.
    secret
        Whether the file holds passwords, so that nothing in it may be repeated.

    Raises
    ------
    UserError
        Of the class `kind`: the file is missing, unreadable, no YAML or no mapping.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise kind("no such file", file=path, fix=fix) from None
    except OSError as fault:
        raise kind(f"cannot be read: {fault.strerror}", file=path) from None
    except UnicodeDecodeError:
        raise kind("is not a text file in UTF-8", file=path, fix=fix) from None
    except (yaml.YAMLError, ValueError, RecursionError) as fault:
        said = "" if secret else f": {fault}"
        raise kind(f"is not valid YAML{said}", file=path, fix=fix) from None
    if not isinstance(content, dict):
        raise kind("is not a mapping of keys to values", file=path, fix=fix)
    return content


_SEPARATORS = (",", ";", "\t")
_AS_CSV = "save the table as CSV (UTF-8)"
_FIRST_OF_TEXT = 9
"""Characters before the tab occur in no text."""


def read_table(
    path: Path, kind: type[UserError], *, columns: Collection[str] = (), optional: Collection[str] = ()
) -> "csv.DictReader[str]":
    """Read a CSV file whose first line names its columns; commas, semicolons or tabs separate them.

    Parameters
    ----------
    path
        The file.
    kind
        Class of the error.
    columns
        Those that must be there; others may be. Blanks around a name and capitals do not matter.
    optional
        Further names for which this holds.

    Raises
    ------
    UserError
        Of the class `kind`: the file cannot be read, is no text or no table, or lacks a column.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as fault:
        raise kind(f"cannot be read: {fault.strerror}", file=path) from None
    except UnicodeDecodeError:
        raise kind("is not a text file in UTF-8", file=path, fix=_AS_CSV) from None
    if any(ord(letter) < _FIRST_OF_TEXT for letter in text):
        raise kind("is not a text file", file=path, fix=_AS_CSV)
    lines = text.splitlines()
    separator = max(_SEPARATORS, key=lines[0].count) if lines else ","
    checked = csv.reader(lines, delimiter=separator)
    try:
        for _ in checked:
            pass
    except csv.Error as fault:
        raise kind(f"is not a CSV table: {fault}", file=path, field=f"line {checked.line_num}") from None
    table = csv.DictReader(lines, delimiter=separator, skipinitialspace=True)
    known = {name.casefold(): name for name in (*columns, *optional)}
    table.fieldnames = [known.get(name.strip().casefold(), name) for name in table.fieldnames or ()]
    missing = [name for name in columns if name not in (table.fieldnames or ())]
    if missing:
        raise kind("lacks a column", file=path, field=missing[0], fix=f"columns {', '.join(columns)}")
    return table


def user_error(
    fault: ValidationError,
    kind: type[Kind],
    *,
    model: type[BaseModel] | None = None,
    file: object | None = None,
    what: str = "",
    names: Mapping[str, str] | None = None,
    fix: str | None = None,
) -> Kind:
    """Turn pydantic's first complaint into one line.

    Parameters
    ----------
    fault
        What pydantic found.
    kind
        Class of the error.
    model
        What was validated; its keys are named where one is unknown or missing.
    file
        Where the content came from.
    what
        What the content is not, such as "is not a backup".
    names
        What the user calls a field, where that is not its name in the model.
    fix
        What helps; by default only unknown and missing keys have an answer.
    """
    complaints = fault.errors(include_url=False)
    first = complaints[0]
    message, hint = _message(first, model)
    field = ".".join(str(part) for part in first["loc"])
    shown = (
        first["loc"] and first["type"] not in {"extra_forbidden", "missing"} and not isinstance(first["input"], dict)
    )
    more = f"; {len(complaints) - 1} more like this" if len(complaints) > 1 else ""
    return kind(
        (f"{what}: " if what else "") + message + more,
        file=file,
        field=(names or {}).get(field, field) or None,
        value=first["input"] if shown else None,
        fix=fix or hint,
    )


def _message(complaint: ErrorDetails, model: type[BaseModel] | None) -> tuple[str, str | None]:
    """Return what is wrong and what helps."""
    *place, key = complaint["loc"] or ("",)
    fields = {} if model is None else _section(model, place).model_fields
    if complaint["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(key), fields, n=1)
        guess = f"did you mean {near[0]}? " if near else ""
        return "unknown key", f"{guess}one of {', '.join(fields)}" if fields else None
    if complaint["type"] == "missing":
        said = fields[str(key)].description if str(key) in fields else None
        return "is missing", f"add it ({said})" if said else "add it"
    message = complaint["msg"].removeprefix("Value error, ")
    return message if complaint["type"] in _OWN_MESSAGES else message[:1].lower() + message[1:], None


def _section(model: type[BaseModel], place: list[str | int]) -> type[BaseModel]:
    """Return the model within a model that stands at a place."""
    for part in place:
        field = model.model_fields.get(str(part))
        if field is not None:
            model = next(_models(field.annotation), model)
    return model


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models that an annotation names."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
