"""What the stages of each composition cost, in core hours: measured where something was computed, else estimated."""

from collections.abc import Mapping, Sequence

from screening.campaign.campaign import Campaign
from screening.choice.outlook import Hours
from screening.plan.composition import Composition
from workflows.engines.cache import choices_of
from workflows.engines.registry import read_settings
from workflows.md.schedule import schedule, typical_segments
from workflows.spec import STAGES
from workflows.store.entry import CampaignEntry
from workflows.store.results import CampaignResults

_RELAX_STEPS = 100
"""Force calls of a relaxation, of which most end long before `max_steps`."""
_UNKNOWN_MS_PER_ION = 1.0
"""Cost of a step where no preset says one: the ratio of the stages is right, their size is not."""


def hours_of(results: CampaignResults, compositions: Sequence[Composition]) -> dict[str, Hours]:
    """Return the core hours of the stages of each composition.

    Parameters
    ----------
    results
        Of the campaign: the mean cost of what was computed so far.
    compositions
        Those of the plan; the cost grows with their ions.
    """
    if not compositions:
        return {}
    campaign = results.entry.campaign
    mean_ions = sum(composition.ions for composition in compositions) / len(compositions)
    runs = _runs(campaign)
    of_one_s = _estimated_s(results.entry, mean_ions) | _measured_s(results.tallies().mean_core_seconds())
    each = {stage: runs[stage] * of_one_s[stage] / mean_ions / 3600 for stage in runs}
    return {
        composition.id: Hours(*(composition.ions * each[stage] for stage in ("relax", "short_md", "long_md")))
        for composition in compositions
    }


def _runs(campaign: Campaign) -> dict[str, float]:
    """Return how many relaxations and MD segments a composition takes, each stage of MD to its typical length."""
    keep = campaign.hull.begin_md
    return {
        "relax": float(campaign.ewald.keep),
        "short_md": keep * typical_segments(campaign.short_md),
        "long_md": keep * typical_segments(campaign.long_md),
    }


def _measured_s(by_result: Mapping[str, float]) -> dict[str, float]:
    stages = {stage: STAGES[stage].result for stage in ("relax", "short_md", "long_md")}
    return {stage: by_result[result] for stage, result in stages.items() if by_result.get(result)}


def _estimated_s(entry: CampaignEntry, ions: float) -> dict[str, float]:
    """Return the core seconds of one relaxation and of one MD segment of so many ions, by what the presets know."""
    campaign = entry.campaign
    choices = choices_of(campaign, entry.base_dir)

    def step_s(stage: str) -> float:
        known = [read_settings(choices[name])[1].cost_ms_per_ion for name in campaign.engine_chain(stage)]
        return sum(_UNKNOWN_MS_PER_ION if ms is None else ms for ms in known) * ions / 1000

    return {
        "relax": min(campaign.relax.max_steps, _RELAX_STEPS) * step_s("relax"),
        "short_md": schedule(campaign.short_md).steps * step_s("short_md"),
        "long_md": schedule(campaign.long_md).steps * step_s("long_md"),
    }
