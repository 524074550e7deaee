"""Find the configuration files that IonSieve ships: `configs/` in a checkout, `workflows/configs` when installed."""

from pathlib import Path

from ewald.errors import CampaignError


def config_path(kind: str, name: str) -> Path:
    """Return the shipped file `<kind>/<name>.yaml`.

    Raises
    ------
    CampaignError
        When there is none of that name.
    """
    here = Path(__file__).resolve().parent
    for root in (here / "configs", here.parent / "configs"):
        path = root / kind / f"{name}.yaml"
        if path.is_file():
            return path
    raise CampaignError(f"no shipped file configs/{kind}/{name}.yaml", value=name)
