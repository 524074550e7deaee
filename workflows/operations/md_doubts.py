"""What is doubtful about a campaign's MD before it is run: steps too long for the lattice, runs too short for a hop."""

from collections.abc import Iterator

from ewald.constants import BOLTZMANN_J_K, ELEMENTARY_CHARGE_C
from ewald.numbers import counted, significant
from screening.campaign.campaign import Campaign
from screening.campaign.stages import MDStage
from screening.decision import Stage
from screening.plan.plan import Plan
from screening.relaxation.vibrations import Vibration, fastest_vibration
from screening.species import charge_of
from screening.transport.arrhenius import NO_EVENT_HIGH95
from screening.transport.displacement import JUMP_A

STEPS_PER_PERIOD = 5
"""Fewer steps to a period of the fastest vibration than this are told: by pi velocity Verlet is unstable, and by 5 its
frequencies are 8 % too high."""
_FEWEST_HOPS = 5


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
        yield from _no_bound(campaign, plan, stage, settings)


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
    length_ps = settings.budget_ps
    for temperature in settings.temperatures_K:
        # Above the temperature of the threshold more hops than this are seen, by an activation energy not yet known.
        if rule.temperature_K is not None and temperature > rule.temperature_K + 1:
            continue
        hops = min(_hops_at_threshold(campaign, plan, temperature, length_ps), default=float(_FEWEST_HOPS))
        if hops < _FEWEST_HOPS:
            yield (
                f"doubtful: {length_ps:g} ps of {stage.words} at {temperature:g} K cannot reject a candidate: at the "
                f"threshold conductivity all its ions together make about {hops:.1g} hops in it; run hotter or longer"
            )


def _no_bound(campaign: Campaign, plan: Plan, stage: Stage, settings: MDStage) -> Iterator[str]:
    """Yield a doubt where a coldest run without a hop, hotter than the threshold's temperature, rejects nothing alone.

    Without a least prefactor a conductivity is only assumed to grow with temperature. Hotter runs with local hops bound
    it less than the coldest one, which then decides.
    """
    rule, coldest = campaign.verdict, min(settings.temperatures_K)
    if rule.temperature_K is None or coldest <= rule.temperature_K + 1 or rule.least_prefactor_cm2_s is not None:
        return
    length_ps = settings.budget_ps
    hops = list(_hops_at_threshold(campaign, plan, coldest, length_ps))
    short = [number for number in hops if number < NO_EVENT_HIGH95]
    if short:
        bound = rule.threshold_mS_cm * NO_EVENT_HIGH95 / min(short)
        yield (
            f"doubtful: {length_ps:g} ps of {stage.words} at {coldest:g} K without a hop leave up to about "
            f"{significant(bound, 2)} mS/cm possible at {rule.temperature_K:g} K: poor conductors among "
            f"{len(short)} of {counted(len(hops), 'composition')} may stay undecided; run longer, or assume a least "
            "prefactor (verdict.least_prefactor_cm2_s: 1e-5)"
        )


def _hops_at_threshold(campaign: Campaign, plan: Plan, temperature_K: float, length_ps: float) -> Iterator[float]:
    """Yield for each composition how often its ions hop in a run, all together, at the threshold conductivity."""
    mothers = {mother.name: mother for mother in plan.mothers}
    for composition in plan.compositions:
        mother = mothers[composition.mother]
        volume_A3 = composition.ions * mother.structure.volume / len(mother.structure)
        charge_e = charge_of(mother.mobile_species)
        yield expected_hops(campaign.verdict.threshold_mS_cm, temperature_K, length_ps, volume_A3, charge_e)


def expected_hops(
    sigma_mS_cm: float, temperature_K: float, length_ps: float, volume_A3: float, charge_e: float
) -> float:
    """Return how often all mobile ions of a cell together hop in a run, for a conductivity.

    Nernst-Einstein, uncorrelated hops of 3 A in three dimensions: 6 sigma k T V t / (z e a)^2.

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
    0.5
    """
    energy_J = BOLTZMANN_J_K * temperature_K
    sigma_S_m, volume_m3, time_s = 0.1 * sigma_mS_cm, 1e-30 * volume_A3, 1e-12 * length_ps
    return 6 * sigma_S_m * energy_J * volume_m3 * time_s / (charge_e * ELEMENTARY_CHARGE_C * JUMP_A * 1e-10) ** 2
