"""Files that travel with IonSieve: example campaigns, engine presets, cluster templates, finished campaigns."""

from pathlib import Path

from ewald.errors import CampaignError, UserError

_HERE = Path(__file__).resolve().parent
#: Names under which commands find the finished campaigns that are shipped.
FINISHED = ("finished_campaign", "finished_sulfides")


def _config_root() -> Path:
    """Return the folder of the shipped configuration: `workflows/configs` of a wheel, `configs` of a checkout.

    Raises
    ------
    UserError
        When neither is there: the installation is broken.
    """
    for folder in (_HERE / "configs", _HERE.parent / "configs"):
        if folder.is_dir():
            return folder
    raise UserError("the shipped configuration is missing", file=_HERE, fix="install ionsieve again")


def _folder(kind: str) -> Path:
    root = _config_root()
    return root if kind == "campaigns" else root / kind


def config_names(kind: str) -> tuple[str, ...]:
    """Return the names of the shipped files of one kind, sorted."""
    folder = _folder(kind)
    return tuple(sorted(path.stem for path in folder.glob("*.yaml"))) if folder.is_dir() else ()


def config_path(kind: str, name: str) -> Path:
    """Return the path of a shipped file.

    Parameters
    ----------
    kind
        `campaigns`, `engines` or `clusters`.
    name
        Its name without `.yaml`.

    Raises
    ------
    CampaignError
        When there is none of that name; the message lists those there are.
    """
    names = config_names(kind)
    if name not in names:
        raise CampaignError(
            f"no such shipped file among {kind}", value=name, fix=f"one of {', '.join(names) or 'none shipped'}"
        )
    return _folder(kind) / f"{name}.yaml"


def finished_campaign(name: str = FINISHED[0]) -> Path:
    """Return the folder of a finished campaign that is shipped.

    Parameters
    ----------
    name
        Of :data:`FINISHED`: `finished_campaign`, the quickstart, with its trajectories; or `finished_sulfides`, the
        ternary sulfides with potentials, its record alone.

    Raises
    ------
    UserError
        When it is not there: the installation is broken.
    """
    for folder in (_HERE / name, _HERE.parent / "examples" / name):
        if folder.is_dir():
            return folder
    raise UserError("the shipped campaign is missing", file=_HERE, fix="install ionsieve again")
