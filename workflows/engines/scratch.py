"""Scratch folders of codes that do not outlive their process: those of killed ones are removed by the next."""

import shutil
import tempfile
from pathlib import Path

from workflows.process.owner import myself, start_ticks
from workflows.process.run_code import end_leftover


def new_scratch(code: str) -> "tempfile.TemporaryDirectory[str]":
    """Make a scratch folder named after a code and this process, and remove those of processes that are gone.

    Those of other codes and other users stay.
    """
    sweep(Path(tempfile.gettempdir()), code)
    owner = myself()
    return tempfile.TemporaryDirectory(prefix=f"{_prefix(code)}{owner.host}-{owner.pid}-{owner.start}-")


def _prefix(code: str) -> str:
    return f"ionsieve-{code}-"


def sweep(root: Path, code: str) -> list[Path]:
    """Remove the scratch folders that killed processes left, after ending what still runs in them; returns them."""
    removed = []
    host, mine = myself().host, Path("/proc/self").stat().st_uid
    begin = f"{_prefix(code)}{host}-"
    for folder in root.glob(f"{begin}*"):
        numbers = folder.name.removeprefix(begin).split("-")[:2]
        if len(numbers) < 2 or not all(number.isdigit() for number in numbers):
            continue
        pid, start = map(int, numbers)
        try:
            if start_ticks(pid) == start or folder.is_symlink() or folder.stat().st_uid != mine:
                continue
            end_leftover(folder)
        except OSError:
            # Another process removes it at this moment.
            continue
        shutil.rmtree(folder, ignore_errors=True)
        removed.append(folder)
    return removed
