"""What a package exports stands in its stub, can be imported, and is documented."""

import dataclasses
import importlib
import inspect
import re
from pathlib import Path
from typing import NamedTuple, is_typeddict

import pytest
from pydantic import BaseModel

ROOT = Path(__file__).parents[1]
PACKAGES = sorted(
    ".".join(stub.parent.relative_to(ROOT).parts)
    for root in ("ewald", "screening", "workflows")
    for stub in (ROOT / root).glob("**/__init__.pyi")
)


def exported(package):
    module = importlib.import_module(package)
    return {name: getattr(module, name) for name in module.__all__}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_exported_name_can_be_imported(package):
    assert exported(package)


@pytest.mark.parametrize("package", PACKAGES)
def test_no_name_is_hidden_by_a_module_of_the_same_name(package):
    folder = ROOT.joinpath(*package.split("."))
    assert not [name for name in exported(package) if (folder / f"{name}.py").exists() or (folder / name).is_dir()]


@pytest.mark.parametrize("package", PACKAGES)
def test_the_stub_is_sorted(package):
    lines = (ROOT.joinpath(*package.split(".")) / "__init__.pyi").read_text(encoding="utf-8").splitlines()
    names = [tuple(line.split()[1::2][:2]) for line in lines if line.startswith("from .")]
    assert names == sorted(names)


def undocumented(function):
    names = [name for name in inspect.signature(function).parameters if name not in {"self", "cls"}]
    text = inspect.getdoc(function) or ""
    described = text.partition("Parameters\n----------\n")[2].partition("\n\n")[0]
    headings = {name for line in described.splitlines() if line[:1].strip() for name in re.findall(r"\w+", line)}
    return [name for name in names if name not in headings]


def functions(package):
    """Return the exported functions, and the public methods that exported classes define."""
    for name, member in exported(package).items():
        if inspect.isfunction(member):
            yield name, member
        elif inspect.isclass(member) and not package.startswith("workflows"):
            methods = {key: getattr(value, "__func__", value) for key, value in vars(member).items()}
            yield from ((f"{name}.{key}", m) for key, m in methods.items() if key[0] != "_" and inspect.isfunction(m))


@pytest.mark.parametrize("package", PACKAGES)
def test_functions_describe_each_parameter(package):
    lacking = {name: undocumented(member) for name, member in functions(package)}
    assert not {name: missing for name, missing in lacking.items() if missing}


def fields(kind):
    """Return the fields that a class of values defines itself, without those described by a pydantic Field."""
    own = [name for name in vars(kind).get("__annotations__", {}) if not name.startswith("_")]
    if issubclass(kind, BaseModel):
        return [name for name in own if name in kind.model_fields and not kind.model_fields[name].description]
    if dataclasses.is_dataclass(kind):
        return [field.name for field in dataclasses.fields(kind) if field.name in own]
    return own if issubclass(kind, tuple) or is_typeddict(kind) else []


def without_description(kind):
    text = inspect.cleandoc(kind.__doc__ or "")
    headings = set()
    for section in ("Attributes", "Parameters"):
        described = text.partition(f"{section}\n{'-' * len(section)}\n")[2].partition("\n\n")[0]
        headings |= {name for line in described.splitlines() if line[:1].strip() for name in re.findall(r"\w+", line)}
    return [name for name in fields(kind) if name not in headings]


@pytest.mark.parametrize("package", PACKAGES)
def test_classes_describe_each_attribute(package):
    kinds = {name: member for name, member in exported(package).items() if inspect.isclass(member)}
    lacking = {name: without_description(kind) for name, kind in kinds.items()}
    assert not {name: missing for name, missing in lacking.items() if missing}


def test_an_attribute_that_is_not_described_is_noticed():
    class Point(NamedTuple):
        """A point.

        Attributes
        ----------
        x
            Place.
        """

        x: float
        y: float

    @dataclasses.dataclass
    class Circle:
        """A circle."""

        radius: float

    assert without_description(Point) == ["y"]
    assert without_description(Circle) == ["radius"]


def test_a_parameter_that_is_not_described_is_noticed():
    def scale(value, factor):
        """Multiply.

        Parameters
        ----------
        value
            Any number.
        """

    assert undocumented(scale) == ["factor"]
