"""What a quick start leaves out changes nothing."""

import subprocess
import sys

import pytest


def test_the_last_search_for_unreachable_objects_is_left_out():
    assert "collected" in _printed(_GARBAGE)
    assert "collected" not in _printed(_QUICK + _GARBAGE)


def test_temporary_folders_go_away(tmp_path):
    code = f"import tempfile; kept = tempfile.TemporaryDirectory(dir={str(tmp_path)!r})\n"
    _printed(_QUICK + code)
    assert not list(tmp_path.iterdir())


def test_pymongo_takes_the_same_ssl():
    code = "from pymongo import ssl_support; print(ssl_support.HAVE_PYSSL, ssl_support.HAVE_SSL)"
    assert _printed(_QUICK + code) == _printed(code)


@pytest.mark.parametrize("missing", ["cryptography", "service_identity", "OpenSSL"])
def test_pyopenssl_is_tried_only_where_all_of_it_is_installed(missing):
    found = "import importlib.util; there = importlib.util.find_spec\n"
    found += "importlib.util.find_spec = lambda name: None if name == {!r} else name\n"
    state = "import sys; print('pymongo.pyopenssl_context' in sys.modules)"
    assert _printed(found.format(missing) + _QUICK + state) == "True\n"
    assert _printed(found.format("nothing") + _QUICK + state) == "False\n"


_QUICK = "from workflows.cli.quick_start import quick_start; quick_start()\n"
_GARBAGE = (
    "class Ring:\n    def __init__(self): self.itself = self\n    def __del__(self): print('collected')\nRing()\n"
)


def _printed(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
