"""The console that commands print their tables on."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_WIDTH_WITHOUT_TERMINAL = 160


def wide_console() -> "Console":
    """Return a console as wide as the terminal; where there is none, wide enough that no row is cut."""
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=_WIDTH_WITHOUT_TERMINAL)
