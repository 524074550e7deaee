"""The files that an engine's energies depend on: a model's weights, a calculator's code, a user's preset.

Their content is sealed: the campaign holds a checksum of each, which is part of its revision, and a worker that finds
another content refuses to work.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from ewald.errors import CampaignError
from ewald.files.checksum import file_sha256
from screening.campaign.execution import EngineChoice
from screening.value import content_hash
from workflows.engines.preset import preset_content, read_preset


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file, which is read again only after it was changed.

    Raises
    ------
    CampaignError
        When it cannot be read.
    """
    try:
        state = path.stat()
        return _checksum(path, state.st_mtime_ns, state.st_size, state.st_ino)
    except OSError as error:
        raise CampaignError(
            f"cannot be read: {error.strerror}", file=path, fix="give a path from the campaign file's folder"
        ) from None


@lru_cache(maxsize=64)
def _checksum(path: Path, *_: int) -> str:
    return file_sha256(path)


def sealed(choice: EngineChoice) -> EngineChoice:
    """Return an engine choice, whose paths are absolute, with the checksums of its files.

    Raises
    ------
    CampaignError
        When a file is not named or cannot be read, or is not what a checksum in the campaign file says.
    """
    _, settings, _ = read_preset(choice)
    for name in settings.get("needs_files") or ():
        if name not in (settings.get("files") or {}):
            raise CampaignError(
                "the engine needs a file that the campaign does not name",
                field=f"engine.settings.files.{name}",
                fix="give its path, from the campaign file's folder",
            )
    seal = dict(_checksums(choice))
    for name, expected in choice.seal.items():
        if name in seal and seal[name] != expected:
            raise CampaignError(
                "the content does not match the given checksum",
                field=f"engine.seal.{name}",
                value=expected,
                fix=f"the file's is {seal[name]}; leave out `seal` to accept the file",
            )
    return choice.model_copy(update={"seal": seal})


def check_seal(choice: EngineChoice) -> None:
    """Refuse an engine whose files are not those that the campaign was submitted with.

    Raises
    ------
    CampaignError
        When one was changed, or is gone.
    """
    found = dict(_checksums(choice)) if choice.seal else {}
    for name, expected in choice.seal.items():
        if found.get(name) != expected:
            raise CampaignError(
                f"a file of the engine ({name}) was changed since the campaign was submitted",
                field="engine",
                value=choice.preset,
                fix="restore the old file, or run ionsieve submit: the campaign then gets a new revision",
            )


def _checksums(choice: EngineChoice) -> Iterator[tuple[str, str]]:
    """Yield the files of an engine by what they are to it, with their checksums."""
    if choice.is_file:
        # Of a preset what changes a result: another number of cores is no other potential.
        yield "preset", content_hash(EngineChoice(preset="", settings=preset_content(choice)).science())
    _, settings, _ = read_preset(choice)
    for name, path in sorted(_files(settings).items()):
        yield name, checksum(path)


def _files(settings: dict[str, Any]) -> dict[str, Path]:
    files = settings.get("files")
    found = {f"files.{name}": Path(str(path)) for name, path in files.items()} if isinstance(files, dict) else {}
    path, colon, _ = str(settings.get("calculator", "")).rpartition(":")
    if colon and path.endswith(".py"):
        found["calculator"] = Path(path)
    return found
