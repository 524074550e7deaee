"""The whole campaign as one value, read from the database."""

from collections.abc import Mapping

from ewald.version import __version__
from screening.arrangements.candidate import Candidate
from screening.campaign.campaign import Campaign
from screening.choice.choice_record import ChoiceRecord
from screening.decision import Stage, Verdict
from screening.hull.result import HullRecord
from screening.plan.composition import Composition
from screening.plan.composition_record import CompositionRecord
from screening.record.record import CampaignRecord, MDRecord
from screening.relaxation.relaxation import RelaxedStructure
from screening.validation import ValidationRecord
from workflows.md.finished import finished_result
from workflows.references.campaign_energies import campaign_energies
from workflows.spec import MD_STAGES, STAGES, link_result
from workflows.store.results import CampaignResults


def build_record(
    results: CampaignResults, *, campaign_hull: bool = True, composition: str = "", brief: bool = False
) -> CampaignRecord:
    """Return everything known about a campaign now, in a fixed order, so that equal runs give equal records.

    Parameters
    ----------
    campaign_hull
        Also measure the candidates against the campaign's own phases; takes milliseconds per composition.
    composition
        Read only what is known of this composition and its candidates, with all decisions and references; of others
        whose name begins like its name, as well.
    brief
        Only what funnel and ranking show: without relaxations, reference phases and validations, each structure fetched
        when it is asked for.
    """
    entry = results.entry
    plans = results.all(Composition, "plan", prefix=composition).values()
    screened = results.all(CompositionRecord, "ewald", prefix=composition)
    candidates = results.all(Candidate, "candidate", prefix=composition, structures=not brief).values()
    decisions = results.decisions()
    in_hull = {d.subject for d in decisions if str(d.stage) == "hull" and (d.verdict is not Verdict.FAIL or d.audited)}
    md = [run for stage in MD_STAGES for run in results.all(MDRecord, stage, prefix=composition).values()]
    relaxed = {} if brief else results.all(RelaxedStructure, "relax", prefix=composition)
    references = {} if brief else results.all(RelaxedStructure, "reference")
    validations = {} if brief else results.all(ValidationRecord, "validation", prefix=composition)
    hulls = tuple(results.all(HullRecord, "hull", prefix=composition).values())
    if campaign_hull and hulls:
        sound = {d.subject for d in decisions if d.stage is Stage.RELAX and d.verdict is Verdict.PASS}
        hulls = _with_energies(hulls, campaign_energies(results, sound))
    tallies = results.tallies()
    return CampaignRecord(
        campaign=entry.campaign,
        revision=entry.revision,
        version=__version__,
        mothers=tuple(dict.fromkeys(plan.mother for plan in plans)),
        compositions=tuple(screened.get(plan.id, plan.record()) for plan in plans),
        candidates=tuple(sorted(candidates, key=lambda c: (c.composition_id, c.rank))),
        relaxed=tuple(relaxed.values()),
        references=tuple(references.values()),
        hulls=hulls,
        # A rerun may have sent another arrangement on; MD of one that no longer passes the hull is history.
        md=tuple(run for run in md if run.candidate_id in in_hull),
        validations=tuple(validations.values()),
        decisions=decisions,
        seconds_by_stage=dict(sorted(tallies.seconds().items())),
        core_seconds_by_engine=_core_seconds_by_engine(entry.campaign, tallies.core_seconds()),
        choice=_choice(results),
    )


def _choice(results: CampaignResults) -> ChoiceRecord | None:
    strategy = results.entry.campaign.strategy
    if not strategy.chooses and not strategy.predicts:
        return None
    from workflows.loop.situation import choice_record

    return choice_record(results)


def _core_seconds_by_engine(campaign: Campaign, by_result: Mapping[str, float]) -> dict[str, float]:
    """Return the core seconds that each engine took, over all stages at which it works."""
    stages = {kind.result: name for name, kind in STAGES.items() if kind.category != "light"}
    stages |= {finished_result(stage): stage for stage in MD_STAGES}
    engines = {result: campaign.engine_chain(stage)[-1] for result, stage in stages.items()}
    for stage in (name for name, kind in STAGES.items() if kind.links):
        engines |= {link_result(stage, link): name for link, name in enumerate(campaign.engine_chain(stage)[:-1])}
    spent = dict.fromkeys(campaign.all_engines, 0.0)
    for result, seconds in by_result.items():
        if result in engines:
            spent[engines[result]] += seconds
    return spent


def _with_energies(hulls: tuple[HullRecord, ...], energies: dict[str, float]) -> tuple[HullRecord, ...]:
    name = "hull_energy_with_campaign_meV_per_atom"
    return tuple(
        hull.model_copy(update={name: energies[hull.candidate_id]}) if hull.candidate_id in energies else hull
        for hull in hulls
    )
