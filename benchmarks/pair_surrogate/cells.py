"""The cells of the study: compositions whose arrangements can all be relaxed."""

import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ewald import ConfigurationSpace
from screening.campaign.campaign import Campaign
from screening.plan.composition import Composition
from screening.plan.configuration_space import build_space
from screening.plan.plan import build_plan


@dataclass(frozen=True)
class Cell:
    """A doped mother, and what changes places in it."""

    name: str
    kind: str
    mother: str
    site: str
    dopant: str
    level: str
    ions: int

    @property
    def composition(self) -> Composition:
        """The composition as a campaign plans it."""
        return _composition(self)

    def space(self, **options: object) -> ConfigurationSpace:
        """Its space, with the distance that campaigns keep between ions."""
        return build_space(self.composition, min_distance_A=0.5, **options)


@lru_cache
def _composition(cell: Cell) -> Composition:
    campaign = Campaign.model_validate(
        {
            "name": "study",
            "mothers": [{"structure": cell.mother, "mobile": "Na"}],
            "doping": [{"site": cell.site, "dopants": [cell.dopant], "levels": [cell.level]}],
            "engine": {"preset": "ase"},
            "supercell": {"target_ions": cell.ions, "max_ions": cell.ions + 16},
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        return build_plan(campaign, Path(folder)).compositions[-1]


CELLS = (
    Cell("Si in Na3PS4", "interstitials", "Na3PS4_tet_exp", "P", "Si4+", "1/8", 64),
    Cell("Sn in Na3SbS4", "interstitials", "Na3SbS4_tet_derived", "Sb", "Sn4+", "1/8", 64),
    Cell("Y in NaInS2", "isovalent, layered", "NaInS2_derived", "In", "Y3+", "1/2", 48),
    Cell("In in NaBiS2", "isovalent", "NaBiS2", "Bi", "In3+", "1/4", 64),
    Cell("Sn in NaBiS2", "vacancies", "NaBiS2", "Bi", "Sn4+", "1/4", 32),
    Cell("Zr in NaTiS2", "vacancies, layered", "NaTiS2_derived", "Ti", "Zr4+", "1/3", 24),
)
