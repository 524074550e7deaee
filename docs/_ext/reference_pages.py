"""Sphinx extension that writes the reference pages from the code, so that they cannot drift from it."""

import argparse
import dataclasses
import importlib
import inspect
import re
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import typer
from numpy.typing import ArrayLike
from pydantic import BaseModel
from pydantic.fields import FieldInfo

RESULTS = (
    "screening.record.record.CampaignRecord",
    "screening.plan.composition_record.CompositionRecord",
    "screening.arrangements.candidate.Candidate",
    "screening.relaxation.relaxation.RelaxedStructure",
    "screening.relaxation.relaxation.Provenance",
    "screening.relaxation.relaxation.OutcomeCheck",
    "screening.hull.result.HullRecord",
    "screening.hull.result.ElectrodeReaction",
    "screening.hull.conduction.ProductConduction",
    "screening.record.record.MDRecord",
    "screening.transport.conductivity.TransportResult",
    "screening.estimated.Estimate",
    "screening.decision.Decision",
    "screening.record.candidate_row.CandidateRow",
)
RESULTS_INTRODUCTION = (
    "A finished campaign in one file: the first model below, with those after it inside. `ledger.jsonl` holds one "
    "`Decision` a line, `candidates.csv` and `candidates.json` one `CandidateRow` a candidate."
)
#: The packages whose `__init__` exports names; the page shows what each exports.
API = (
    "ewald",
    "ewald.pairs",
    "ewald.space",
    "ewald.io",
    "ewald.search",
    "ewald.parallel",
    "screening",
    "screening.campaign",
    "screening.plan",
    "screening.prior",
    "screening.choice",
    "screening.arrangements",
    "screening.relaxation",
    "screening.hull",
    "screening.trajectory",
    "screening.transport",
    "screening.record",
    "screening.record.diffusivities",
    "screening.report",
    "workflows",
    "workflows.engines",
    "workflows.store",
)


def setup(app: Any) -> dict[str, bool]:
    app.connect("builder-inited", lambda application: write_pages(Path(application.srcdir) / "reference"))
    return {"parallel_read_safe": True}


def write_pages(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pages = {
        "cli.md": command_page(), "configuration.md": configuration_page(), "results.md": results_page(),
        "database.md": database_page(), "api.md": api_page(),
    }  # fmt: skip
    for name, text in pages.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def command_page() -> str:
    from workflows.cli import commands
    from workflows.cli.main import app

    if not app.registered_commands:
        commands.register(app)
    parts = ["# Command line", "", "Written from the programs' own `--help`.", "", "## ewald", ""]
    parts += list(_argparse_help())
    parts += ["## ionsieve", ""]
    parts += list(_click_help(typer.main.get_command(app), "ionsieve"))
    return "\n".join(parts) + "\n"


def _argparse_help() -> Iterator[str]:
    from ewald.cli.parser import build_parser

    parser = build_parser()
    yield from _fence(parser.format_help())
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, sub in action.choices.items():
                yield from (f"### ewald {name}", "", *_fence(sub.format_help()))


def _click_help(command: click.Command, name: str) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=None, max_content_width=100)
    yield from _fence(command.get_help(context))
    for child_name, child in sorted(getattr(command, "commands", {}).items()):
        full = f"{name} {child_name}"
        yield from (f"{'#' * (2 + full.count(' '))} {full}", "")
        yield from _click_help(child, full)


def configuration_page() -> str:
    from screening.campaign import Campaign

    parts = [
        "# Configuration", "", "The keys of a campaign file, from the models that read it; others are refused.", "",
        *_model_tables(Campaign, "Campaign file", set()),
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def _model_tables(model: type[BaseModel], title: str, seen: set[type]) -> Iterator[str]:
    seen.add(model)
    yield from (
        f"## {title}",
        "",
        inspect.getdoc(model) or "",
        "",
        "| key | type | default | meaning |",
        "|---|---|---|---|",
    )
    children: list[tuple[str, type[BaseModel]]] = []
    for name, field in model.model_fields.items():
        cells = (f"`{name}`", _type_name(field.annotation), _default(field), field.description or "")
        yield f"| {' | '.join(_cell(cell) for cell in cells)} |"
        children += [(f"{name}", child) for child in _models_in(field.annotation)]
    yield ""
    for name, child in children:
        if child not in seen:
            yield from _model_tables(child, f"`{name}`", seen)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _models_in(argument)


def _type_name(annotation: Any) -> str:
    origin = typing.get_origin(annotation)
    if origin is typing.Literal:
        return " or ".join(f"`{value}`" for value in typing.get_args(annotation))
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_type_name(part) for part in typing.get_args(annotation))
    if origin is tuple:
        inner = [part for part in typing.get_args(annotation) if part is not Ellipsis]
        return "list of " + ", ".join(dict.fromkeys(_type_name(part) for part in inner))
    if origin is dict:
        key, value = typing.get_args(annotation)
        return f"map of {_type_name(key)} to {_type_name(value)}"
    if origin is typing.Annotated:
        return _type_name(typing.get_args(annotation)[0])
    if annotation is type(None):
        return "null"
    return {"str": "text", "float": "number", "int": "whole number", "bool": "true or false"}.get(
        getattr(annotation, "__name__", ""), getattr(annotation, "__name__", str(annotation))
    )


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        return "see below"
    if isinstance(value, tuple):
        return f"`[{', '.join(str(part) for part in value)}]`"
    shown = "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    return f"`{shown}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def results_page() -> str:
    parts = [
        "# Result formats", "", "## record.json", "",
        RESULTS_INTRODUCTION, "",
    ]  # fmt: skip
    for name in RESULTS:
        module, _, attribute = name.rpartition(".")
        model = getattr(importlib.import_module(module), attribute)
        parts += [f"## {attribute}", "", *_fence(inspect.getdoc(model) or ""), "| field | type |", "|---|---|"]
        parts += [f"| `{field}` | {_cell(_type_name(info.annotation))} |" for field, info in model.model_fields.items()]
        parts.append("")
    from screening.record.diffusivity_database import TABLE

    parts += ["## The diffusivity database (SQLite)", "", *_fence(TABLE.strip(), "sql")]
    result = importlib.import_module("ewald.search.result")
    for name, member in vars(result).items():
        if inspect.isclass(member) and member.__module__ == "ewald.search.result":
            parts += [f"## ewald: {name}", "", *_fence(inspect.getdoc(member) or "")]
            if dataclasses.is_dataclass(member):
                parts += ["| field | type |", "|---|---|"]
                parts += [f"| `{f.name}` | {_cell(str(f.type))} |" for f in dataclasses.fields(member)]
                parts.append("")
    return "\n".join(parts) + "\n"


def database_page() -> str:
    from workflows import store
    from workflows.store.collections import COLLECTIONS
    from workflows.store.store import KEY

    key = ", ".join(f"`{name}`" for name in KEY)
    parts = ["# Database collections", "", *_fence(inspect.getdoc(store) or "")]
    parts += ["The collections below are in the same database as FireWorks' own. Their names begin with `ionsieve_`."]
    parts += [f"Every result is keyed by {key}; [result formats](results.md) has the models of `document`.", ""]
    for name, fields in COLLECTIONS.items():
        parts += [f"## {name}", "", "| field | meaning |", "|---|---|"]
        parts += [f"| `{field}` | {_cell(meaning)} |" for field, meaning in fields.items()]
        parts.append("")
    return "\n".join(parts) + "\n"


def api_page() -> str:
    parts = [
        "# Python API",
        "",
        "What each package exports, with signatures and docstrings, written from the code.",
        "",
    ]
    for name in API:
        package = importlib.import_module(name)
        parts += [f"## {name}", "", *_fence(inspect.getdoc(package) or "")]
        for attribute in sorted(getattr(package, "__all__", vars(package))):
            member = getattr(package, attribute)
            if attribute.startswith("_") or not (inspect.isclass(member) or inspect.isfunction(member)):
                continue
            if member.__module__.startswith(f"{name.split('.')[0]}."):
                parts += [f"### {name}.{attribute}", "", *_described(attribute, member)]
    return "\n".join(parts) + "\n"


def _described(name: str, member: Any) -> Iterator[str]:
    yield from _fence(f"{name}{_signature(member)}", "python")
    yield from _fence(inspect.getdoc(member) or "")
    for method in _methods(member):
        yield from _fence(f"{name}.{method}{_signature(getattr(member, method))}", "python")
        yield from _fence(inspect.getdoc(getattr(member, method)) or "")


def _methods(member: Any) -> list[str]:
    """Return the public methods and properties that a class itself defines and documents."""
    if not inspect.isclass(member):
        return []
    kinds = (types.FunctionType, classmethod, staticmethod, property)
    own = [name for name, value in vars(member).items() if isinstance(value, kinds) and not name.startswith("_")]
    return [name for name in own if inspect.getdoc(getattr(member, name))]


def _signature(member: Any) -> str:
    try:
        written = str(inspect.signature(member))
    except (TypeError, ValueError):
        return ""
    written = written.replace(inspect.formatannotation(ArrayLike), "ArrayLike")
    written = re.sub(
        r"numpy\.ndarray\[tuple\[typing\.Any, \.\.\.\], numpy\.dtype\[([\w.]+)\]\]", r"NDArray[\1]", written
    )
    return re.sub(r"\b(?:[A-Za-z_]\w*\.)+(?=[A-Za-z_])", "", written)


def _fence(text: str, language: str = "text") -> list[str]:
    return [f"````{language}", *text.rstrip().splitlines(), "````", ""] if text.strip() else []
