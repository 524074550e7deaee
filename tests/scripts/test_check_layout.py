import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

SCRIPT = Path(__file__).parents[2] / "scripts" / "check_layout"


def script():
    loader = SourceFileLoader("check_layout", str(SCRIPT))
    module = module_from_spec(spec_from_loader("check_layout", loader))
    loader.exec_module(module)
    return module


def test_a_folder_is_too_full_with_its_fifteenth_module(tmp_path):
    folder = tmp_path / "ewald" / "io"
    folder.mkdir(parents=True)
    for name in ("__init__", *(f"file_{number}" for number in range(14))):
        (folder / f"{name}.py").touch()
    assert not list(script().full_folders(tmp_path))
    (folder / "one_more.py").touch()
    (found,) = script().full_folders(tmp_path)
    assert "ewald/io: 15 modules" in found


def test_a_public_function_documents_its_parameters(monkeypatch):
    package = ModuleType("package")

    def bare(one):
        """Do something."""

    def documented(one, two, three):
        """Do something.

        Parameters
        ----------
        one, two, three
            Lengths in A.
        """

    def without():
        """Do something."""

    vars(package).update(__all__=["bare", "documented", "without"], bare=bare, documented=documented, without=without)
    monkeypatch.setitem(sys.modules, "package", package)
    assert list(script().undocumented("package")) == ["package.bare: no Parameters section"]
