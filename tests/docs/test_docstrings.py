"""Every example in a docstring of the packages gives what it says."""

import doctest
import importlib
import pkgutil

import pytest

PACKAGES = ("ewald", "screening", "workflows")
FINDER = doctest.DocTestFinder(exclude_empty=True)


def modules_with_examples():
    """Names of the modules whose source holds an example; only those are imported, one per test."""
    for package in PACKAGES:
        home = importlib.import_module(package)
        for found in pkgutil.walk_packages(home.__path__, f"{package}."):
            if found.name.rpartition(".")[2] == "__main__":
                continue
            source = found.module_finder.find_spec(found.name).loader.get_source(found.name)
            if ">>> " in source:
                yield found.name


MODULES = sorted(modules_with_examples())


def test_there_are_examples():
    assert len(MODULES) > 20


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_say(name):
    module = importlib.import_module(name)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for example in FINDER.find(module, name):
        runner.run(example)
    assert runner.tries > 0, "no example was found in a module whose source has one"
    assert runner.failures == 0
