"""The banner of a demonstration: what was too small, and what a run to publish takes."""

from ewald.numbers import duration, significant
from screening.arrangements.candidate import composition_of
from screening.campaign.doping import SupercellPlan
from screening.decision import Stage
from screening.record.record import CampaignRecord
from screening.report.html.markup import Markup, tag

PUBLISHED_PS = {Stage.SHORT_MD: (10.0, 100.0), Stage.LONG_MD: (1.0, 250.0)}
"""Time step (fs) and length (ps) of the published funnel (K. Nishikawa et al., Electrochemistry 2025, section 7)."""


def demonstration_banner(record: CampaignRecord) -> Markup | None:
    """Return the banner, or None for a campaign that is meant seriously."""
    if not record.campaign.demonstration:
        return None
    ions = sorted(composition.ions for composition in record.compositions)
    cells = f"{ions[0]} to {ions[-1]} ions" if len(set(ions)) > 1 else f"{ions[0]} ions" if ions else "few ions"
    campaign = record.campaign
    return tag(
        "aside",
        tag("strong", "Demonstration, not a result to publish. "),
        f"Cells of {cells} and MD of {campaign.short_md.length_ps:g} ps ({campaign.short_md.timestep_fs:g} "
        f"fs steps) and "
        f"{campaign.long_md.length_ps:g} ps ({campaign.long_md.timestep_fs:g} fs) show how the funnel works. ",
        f"A real run takes cells of about {SupercellPlan().target_ions} ions, 100 ps at 10 fs for every "
        f"candidate near the hull and 250 ps at 1 fs for those that pass. ",
        _cost(record),
        class_="demonstration",
    )


def _cost(record: CampaignRecord) -> str:
    """Estimate one candidate's real runs from the time that this campaign's steps took, linear in the ions."""
    ions = {composition.id: composition.ions for composition in record.compositions}
    work = sum(run.steps * ions.get(composition_of(run.candidate_id), 0) for run in record.md)
    seconds = sum(run.core_seconds for run in record.md)
    if not work or not seconds:
        return ""
    per_ion_step = seconds / work
    large = SupercellPlan().target_ions
    short, long = (
        duration(per_ion_step * large * length_ps * 1000 / timestep_fs)
        for timestep_fs, length_ps in PUBLISHED_PS.values()
    )
    return (
        f"At the {significant(1000 * per_ion_step, 2)} ms per ion and step seen here, one core would need "
        f"about {short} for one short "
        f"and {long} for one long run of {large} ions."
    )
