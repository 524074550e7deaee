"""The whole campaign as one value, read from the database."""

from ewald.errors import UserError
from ewald.version import __version__
from screening.arrangements.candidate import Candidate
from screening.decision import Decision, Stage, Verdict
from screening.hull.result import HullRecord
from screening.plan.composition import Composition
from screening.plan.composition_record import CompositionRecord
from screening.record.record import CampaignRecord, MDRecord
from screening.relaxation.relaxation import RelaxedStructure
from screening.validation import ValidationRecord
from workflows.md.finished import finished_result
from workflows.spec import MD_STAGES, STAGES, link_result
from workflows.store.entry import CampaignEntry
from workflows.store.results import CampaignResults


def build_record(results: CampaignResults, *, campaign_hull: bool = True) -> CampaignRecord:
    """Return everything known about a campaign now, in a fixed order, so that equal runs give equal records.

    Parameters
    ----------
    campaign_hull
        Also measure the candidates against the campaign's own phases; takes milliseconds per composition.
    """
    entry = results.entry
    plans = results.all(Composition, "plan").values()
    screened = results.all(CompositionRecord, "ewald")
    candidates = results.all(Candidate, "candidate").values()
    decisions = results.decisions()
    in_hull = {d.subject for d in decisions if str(d.stage) == "hull" and (d.verdict is not Verdict.FAIL or d.audited)}
    md = [run for stage in ("short_md", "long_md", "check_md") for run in results.all(MDRecord, stage).values()]
    relaxed = list(results.all(RelaxedStructure, "relax").values())
    references = list(results.all(RelaxedStructure, "reference").values())
    hulls = tuple(results.all(HullRecord, "hull").values())
    if campaign_hull and hulls:
        hulls = _against_campaign(entry, hulls, relaxed, references, decisions)
    return CampaignRecord(
        campaign=entry.campaign,
        revision=entry.revision,
        version=__version__,
        mothers=tuple(dict.fromkeys(plan.mother for plan in plans)),
        compositions=tuple(screened.get(plan.id, plan.record()) for plan in plans),
        candidates=tuple(sorted(candidates, key=lambda c: (c.composition_id, c.rank))),
        relaxed=tuple(relaxed),
        references=tuple(references),
        hulls=hulls,
        # A rerun may have sent another arrangement on; MD of one that no longer passes the hull is history.
        md=tuple(run for run in md if run.candidate_id in in_hull),
        validations=tuple(results.all(ValidationRecord, "validation").values()),
        decisions=decisions,
        seconds_by_stage=dict(sorted(results.seconds_by_stage().items())),
        core_seconds_by_engine=_core_seconds_by_engine(results),
    )


def _core_seconds_by_engine(results: CampaignResults) -> dict[str, float]:
    """Return the core seconds that each engine took, over all stages at which it works."""
    campaign = results.entry.campaign
    stages = {kind.result: name for name, kind in STAGES.items() if kind.category != "light"}
    stages |= {finished_result(stage): stage for stage in MD_STAGES}
    engines = {result: campaign.engine_chain(stage)[-1] for result, stage in stages.items()}
    for stage in (name for name, kind in STAGES.items() if kind.links):
        engines |= {link_result(stage, link): name for link, name in enumerate(campaign.engine_chain(stage)[:-1])}
    spent = dict.fromkeys(campaign.all_engines, 0.0)
    for result, seconds in results.core_seconds_by_stage().items():
        if result in engines:
            spent[engines[result]] += seconds
    return spent


def _against_campaign(
    entry: CampaignEntry,
    hulls: tuple[HullRecord, ...],
    relaxed: list[RelaxedStructure],
    references: list[RelaxedStructure],
    decisions: tuple[Decision, ...],
) -> tuple[HullRecord, ...]:
    """Add the energies against the campaign's own phases, as far as they are relaxed by now."""
    from screening.hull.campaign_hull import with_campaign_phases
    from screening.hull.entries import entries_of
    from workflows.references.hull_entries import given_entries

    passed = {d.subject for d in decisions if d.stage is Stage.RELAX and d.verdict is Verdict.PASS}
    sound = [item for item in relaxed if item.id in passed]
    if not sound:
        return hulls
    try:
        given = given_entries(entry, sound[0].provenance)
    except UserError:
        # The file of entries is gone or was changed; what was decided with it stands, and is still to be read.
        return hulls
    converged = [item for item in references if item.converged]
    try:
        known = converged if given is None else given.joined(entries_of(converged))
    except UserError:
        return hulls
    return with_campaign_phases(hulls, sound, known)
