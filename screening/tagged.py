"""Tagged JSON (`@module`, `@class`) decoded safely: only pymatgen's structures and entries become objects.

monty's decoder imports whatever module a document names and calls the class it finds there. Documents from a file or a
database may only name the few classes that are expected; other tags are removed, and their mapping stays plain.
"""

from typing import Any

from monty.json import MontyDecoder

_ALLOWED_PACKAGES = ("pymatgen.core.", "pymatgen.entries.")
#: Decoded by monty itself, without an import by name.
_ALLOWED_MODULES = frozenset({"datetime", "numpy"})


def plain(content: Any) -> Any:
    """Return nested JSON content without any tag that names a class outside the allowed ones."""
    if isinstance(content, dict):
        inner = {key: plain(value) for key, value in content.items()}
        return inner if _allowed(content) else {key: value for key, value in inner.items() if key[:1] != "@"}
    return [plain(item) for item in content] if isinstance(content, list) else content


def decoded(content: Any) -> Any:
    """Return nested JSON content with the allowed classes as objects."""
    return MontyDecoder().process_decoded(plain(content))


def _allowed(document: dict[str, Any]) -> bool:
    tags = {key for key in document if isinstance(key, str) and key.startswith("@")}
    if not tags:
        return True
    module = document.get("@module")
    if not isinstance(module, str) or tags & {"@callable", "@bound"}:
        return False
    return module in _ALLOWED_MODULES or module.startswith(_ALLOWED_PACKAGES)
