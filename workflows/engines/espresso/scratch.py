"""Scratch folders of pw.x that do not outlive their process: those of killed ones are removed by the next."""

import shutil
import tempfile
from pathlib import Path

from workflows.process.owner import myself, start_ticks
from workflows.process.run_code import end_leftover

PREFIX = "ionsieve-espresso-"


def new_scratch() -> "tempfile.TemporaryDirectory[str]":
    """Make a scratch folder named after this process, and remove those of processes of this user that are gone."""
    sweep(Path(tempfile.gettempdir()))
    owner = myself()
    return tempfile.TemporaryDirectory(prefix=f"{PREFIX}{owner.host}-{owner.pid}-{owner.start}-")


def sweep(root: Path) -> list[Path]:
    """Remove the scratch folders that killed processes left, after ending what still runs in them; returns them."""
    removed = []
    host, mine = myself().host, Path("/proc/self").stat().st_uid
    for folder in root.glob(f"{PREFIX}{host}-*"):
        numbers = folder.name.removeprefix(f"{PREFIX}{host}-").split("-")[:2]
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
