"""A shorter start and end of a command: most of what a short one takes is the import of modules, and their deletion."""

import atexit
import gc
import sys
from importlib.util import find_spec

_ALLOCATIONS = 50_000
"""New objects between two searches for unreachable ones. Imports make many objects that stay; Python's own number is
700."""

_PYOPENSSL = ("cryptography", "service_identity", "OpenSSL")
"""What pymongo needs to use pyOpenSSL."""


def quick_start() -> None:
    """Spare this process work that changes nothing: a fifth to a quarter of what `ionsieve status` takes.

    Unreachable objects are searched for less often, and not once more when the process ends. pymongo imports all of
    `cryptography` before it finds that pyOpenSSL is missing, and then uses Python's own `ssl`; it is told at once.
    """
    gc.set_threshold(_ALLOCATIONS, *gc.get_threshold()[1:])
    atexit.register(gc.freeze)
    if not all(find_spec(name) for name in _PYOPENSSL):
        sys.modules.setdefault("pymongo.pyopenssl_context", None)  # type: ignore[arg-type]
