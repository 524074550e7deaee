"""MD runs whose files were damaged: what is damaged is set aside, and run again from what is sound before it.

Every trajectory is compared with the checksum in the database before it is used, and every state carries its own. The
parts after a damaged one start from its end, so they are run again as well: a trajectory is never joined from two runs.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from ewald.errors import CheckpointError
from ewald.files.checksum import file_sha256
from screening.trajectory.segment_file import record_path, segment_path, state_path
from workflows.engines.engine import MDSegment

DAMAGED = "damaged"

_RunPart = Callable[[int], MDSegment]
Keep = Callable[[MDSegment], None]


def first_damaged(segments: Sequence[MDSegment]) -> int | None:
    """Return the first part whose trajectory is missing or differs from its checksum; None when all are sound."""
    for part, segment in enumerate(segments):
        if not segment.path.is_file() or file_sha256(segment.path) != segment.sha256:
            return part
    return None


def _set_aside(folder: Path, part: int) -> None:
    """Move the files of one finished part into a subfolder, where no run looks for them."""
    aside = folder / DAMAGED
    for path in (record_path(folder, part), segment_path(folder, part), state_path(folder, part)):
        if path.exists():
            aside.mkdir(exist_ok=True)
            number = sum(1 for _ in aside.glob(f"{path.name}*"))
            path.rename(aside / f"{path.name}.{number}")


def run_repaired(folder: Path, part: int, damaged: int | None, run: _RunPart, keep: Keep) -> MDSegment:
    """Run a part, after repeating the parts from a damaged one on.

    Parameters
    ----------
    folder
        The run's folder.
    part
        The part to run.
    damaged
        The first part known to be damaged, if any.
    run
        Runs one part, or the rest of it.
    keep
        Writes down a part that was repeated.

    Returns
    -------
    MDSegment
        The part; or an earlier one that was stopped before its end.

    Raises
    ------
    CheckpointError
        When running the part and the one before it again does not replace what is damaged.
    """
    if damaged is not None:
        for bad in range(damaged, part + 1):
            _set_aside(folder, bad)
        for bad in range(damaged, part):
            repeated = _run_part(folder, bad, run, keep)
            if not repeated.complete:
                return repeated
            keep(repeated)
    return _run_part(folder, part, run, keep)


def _run_part(folder: Path, part: int, run: _RunPart, keep: Keep) -> MDSegment:
    """Run one part; when its own files are damaged, or the state it starts from, those are made again."""
    try:
        return run(part)
    except CheckpointError:
        _set_aside(folder, part)
    try:
        return run(part)
    except CheckpointError:
        if part == 0:
            raise
    _set_aside(folder, part - 1)
    before = _run_part(folder, part - 1, run, keep)
    if not before.complete:
        return before
    keep(before)
    return run(part)
