"""What is doubtful about a campaign's MD before it is run: steps too long for the lattice, runs too short for a hop."""

from collections.abc import Iterator

from ewald.constants import BOLTZMANN_J_K, ELEMENTARY_CHARGE_C
from screening.campaign.campaign import Campaign
from screening.campaign.stages import MDStage
from screening.decision import Stage
from screening.plan.plan import Plan
from screening.relaxation.vibrations import Vibration, fastest_vibration
from screening.species import charge_of

STEPS_PER_PERIOD = 5
"""Fewer steps to a period of the fastest vibration than this are told: by pi velocity Verlet is unstable, and by 5 its
frequencies are 8 % too high."""
_FEWEST_HOPS = 5
_HOP_A = 3.5
"""A usual distance between sites of a mobile ion."""


def md_doubts(campaign: Campaign, plan: Plan) -> Iterator[str]:
    """Yield a line for each doubt about the MD stages."""
    stages = ((Stage.SHORT_MD, campaign.short_md), (Stage.LONG_MD, campaign.long_md))
    fastest = _fastest(plan)
    for stage, settings in stages:
        if fastest is not None:
            mother, vibration = fastest
            longest_fs = vibration.period_fs / STEPS_PER_PERIOD
            if settings.timestep_fs > longest_fs:
                yield (
                    f"doubtful: {stage.words} steps of {settings.timestep_fs:g} fs are long for the {vibration.bond} "
                    f"vibration of {mother} (about {vibration.period_fs:.0f} fs, {vibration.wavenumber_per_cm:.0f} "
                    f"/cm): take {longest_fs:.1f} fs or less"
                )
        yield from _few_hops(campaign, plan, stage, settings)


def _fastest(plan: Plan) -> tuple[str, Vibration] | None:
    """Return the fastest vibration of all compositions, with its mother."""
    found = []
    for mother in plan.mothers:
        own = set(mother.counts())
        species = {ion for composition in plan.compositions if composition.mother == mother.name
                   for ion in composition.totals()}  # fmt: skip
        vibration = fastest_vibration(mother.structure, sorted(species - own))
        if vibration is not None:
            found.append((mother.name, vibration))
    return min(found, key=lambda item: item[1].period_fs, default=None)


def _few_hops(campaign: Campaign, plan: Plan, stage: Stage, settings: MDStage) -> Iterator[str]:
    """Yield the temperatures at which a conductor at the threshold hardly hops within the budget."""
    rule = campaign.verdict
    length_ps = settings.max_length_ps or settings.length_ps
    mothers = {mother.name: mother for mother in plan.mothers}
    for temperature in settings.temperatures_K:
        # Above the temperature of the threshold more hops than this are seen, by an activation energy not yet known.
        if rule.temperature_K is not None and temperature > rule.temperature_K + 1:
            continue
        hops = min(
            (
                expected_hops(
                    rule.threshold_mS_cm,
                    temperature,
                    length_ps,
                    composition.ions * mothers[composition.mother].structure.volume
                    / len(mothers[composition.mother].structure),
                    charge_of(mothers[composition.mother].mobile_species),
                )
                for composition in plan.compositions
            ),
            default=float(_FEWEST_HOPS),
        )  # fmt: skip
        if hops < _FEWEST_HOPS:
            yield (
                f"doubtful: {length_ps:g} ps of {stage.words} at {temperature:g} K cannot reject a candidate: at the "
                f"threshold conductivity all its ions together make about {hops:.1g} hops in it; run hotter or longer"
            )


def expected_hops(
    sigma_mS_cm: float, temperature_K: float, length_ps: float, volume_A3: float, charge_e: float
) -> float:
    """Return how often all mobile ions of a cell together hop in a run, for a conductivity.

    Nernst-Einstein, uncorrelated hops of 3.5 A in three dimensions: 6 sigma k T V t / (z e a)^2.

    Parameters
    ----------
    sigma_mS_cm
        Conductivity.
    temperature_K
        Temperature of the run.
    length_ps
        Length of the run.
    volume_A3
        Volume of the cell.
    charge_e
        Charge of the mobile ion.

    Examples
    --------
    >>> round(expected_hops(1.0, 300, 100, 5000, 1), 1)
    0.4
    """
    energy_J = BOLTZMANN_J_K * temperature_K
    sigma_S_m, volume_m3, time_s = 0.1 * sigma_mS_cm, 1e-30 * volume_A3, 1e-12 * length_ps
    return 6 * sigma_S_m * energy_J * volume_m3 * time_s / (charge_e * ELEMENTARY_CHARGE_C * _HOP_A * 1e-10) ** 2
