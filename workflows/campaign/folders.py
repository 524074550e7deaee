"""Where a campaign's files are: one folder, the same layout always.

```
<work_dir>/<campaign>/
    my_launchpad.yaml     connection file for FireWorks' own commands (private server)
    database/             the private server's data
    ewald/<composition>/
    relax/<candidate>/
    references/<phase>/
    md/<candidate>/<stage>-<T>K/
    submitted/            settings of each revision, against which workers check the database
    logs/                 one file per worker
    record.json  report/  the outcome
```
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ewald.errors import UserError
from ewald.files.atomic import write_atomic
from screening.campaign.campaign import Campaign
from workflows.process.files import exclusive

_SAFE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.+@-]{0,120}\Z")
#: In the folder of a stage and a subject: the hash of the inputs whose files it holds.
MARK = "inputs.json"


def campaign_folder(campaign: Campaign) -> Path:
    """Return the folder of a campaign, absolute; it is not made here."""
    return (Path(campaign.work_dir).expanduser() / campaign.name).absolute()


def safe_name(name: str) -> str:
    """Return a name that stays inside its folder.

    Raises
    ------
    UserError
        When it has a separator, begins with a dot or holds anything but letters, digits and `_.+@-`.
    """
    if not _SAFE.match(name):
        raise UserError("is not a valid folder name", value=name, fix="letters, digits and _ . + @ -")
    return name


def stage_folder(root: Path, *parts: str, inputs_hash: str) -> Path:
    """Return the folder in which a stage works on a subject, marked with the hash of its inputs.

    A folder that holds the files of other inputs is left alone; the work then goes into a neighbour named after
    its hash. So a changed campaign never continues from another one's checkpoint.

    Parameters
    ----------
    root
        The campaign's folder.
    parts
        Names below it.
    inputs_hash
        Hash of everything the work depends on.
    """
    plain = root.joinpath(*(safe_name(part) for part in parts))
    for folder in (plain, plain.with_name(f"{plain.name}@{inputs_hash[:8]}")):
        mark = folder / MARK
        if not mark.is_file():
            write_atomic(mark, json.dumps({"inputs_hash": inputs_hash}) + "\n")
        if _marked(mark) == inputs_hash:
            return folder
    # The neighbour's name says whose it is, so its mark can only be damaged.
    write_atomic(mark, json.dumps({"inputs_hash": inputs_hash}) + "\n")
    return folder


def _marked(mark: Path) -> str | None:
    try:
        content = json.loads(mark.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content.get("inputs_hash") if isinstance(content, dict) else None


@contextmanager
def sole_worker(folder: Path) -> Iterator[None]:
    """Hold a folder, so that two workers that took the same work by mistake never write it at the same time."""
    with exclusive(folder / ".lock"):
        yield
