"""The Firetask that measures a composition's arrangements against the convex hull and sends the best on to MD."""

from collections.abc import Sequence

from fireworks import FWAction, explicit_serialize

from ewald.errors import UserError
from ewald.numbers import percent, significant
from ewald.version import __version__
from screening.arrangements.candidate import Candidate
from screening.arrangements.duplicates import same_crystal
from screening.campaign.campaign import Campaign
from screening.decision import Decision, Stage, Verdict
from screening.hull.entries import EntrySet, entries_of
from screening.hull.hull import decide_hull, hull_energies
from screening.hull.result import HullRecord
from screening.hull.turns import LEAST_WEIGHT, boltzmann_weights
from screening.record.audit import audited
from screening.relaxation.relaxation import RelaxedStructure
from screening.value import content_hash
from workflows.builders.composition import screen_again, waiting_hull
from workflows.builders.md import md_start
from workflows.firetasks.stage_task import StageContext, StageTask
from workflows.firetasks.turns import next_in_turn
from workflows.recovery.hull_barrier import references_done
from workflows.spec import MD_STAGES
from workflows.store.results import required


@explicit_serialize
class HullTask(StageTask):
    """Compute hull energies of the relaxed arrangements, decide, and start the MD of those that go on."""

    def run_stage(self, context: StageContext) -> FWAction:
        """Measure and decide; an arrangement that failed before only loses its own place."""
        if not references_done(context.results):
            # Somebody resumed or repeated this hull by hand: with half of the references it would come out too low.
            return FWAction(detours=context.missing([waiting_hull(context.spec)]), stored_data={"candidates": None})
        candidates = context.candidates_of(context.spec.composition)
        if not candidates and not context.campaign_results.failures(stage="ewald", subject=context.spec.composition):
            # The screen left neither arrangements nor a reason: it was cut off outside its stage.
            return FWAction(detours=context.missing([screen_again(context.spec)]), stored_data={"candidates": None})
        _note_unfinished(context, candidates)
        relaxed = _sound(context, candidates)
        if not relaxed:
            return FWAction(stored_data={"candidates": 0})
        references = _references(context)
        settings = context.entry.campaign.hull
        mobile = required(context.results, Candidate, "candidate", relaxed[0].id).mobile
        records = hull_energies(
            relaxed,
            references,
            mobile=mobile,
            window=settings.electrodes,
            cathodes=settings.cathodes,
        )
        decisions = [_withdrawing(context, decision) for decision in _decisions(context, records, relaxed)]
        inputs_hash = content_hash([str(decision.inputs_hash) for decision in decisions])
        for record, decision in zip(records, decisions, strict=True):
            context.results.put("hull", record.candidate_id, inputs_hash, record, seconds=context.seconds)
            context.results.decide(decision)
        go_on = [d.subject for d in decisions if d.verdict is not Verdict.FAIL or d.audited]
        together = [d.subject for d in decisions if d.audited] if settings.in_turn else go_on
        stage = context.entry.campaign.short_md
        added = context.missing([md_start(context.spec, "short_md", name, stage) for name in together])
        return FWAction(
            additions=[*added, *next_in_turn(context)], stored_data={"candidates": len(records), "go_on": go_on}
        )


def _sound(context: StageContext, candidates: Sequence[Candidate]) -> list[RelaxedStructure]:
    """Return the relaxed arrangements whose outcome checks passed."""
    found = []
    for candidate in candidates:
        relaxed = context.results.get(RelaxedStructure, "relax", candidate.id)
        decision = context.campaign_results.decision("relax", candidate.id)
        if relaxed is not None and decision is not None and decision.verdict is Verdict.PASS:
            found.append(relaxed)
    return found


def _note_unfinished(context: StageContext, candidates: Sequence[Candidate]) -> None:
    """Enter in the ledger the arrangements whose relaxation was given up."""
    failures = {failure.subject: failure for failure in context.campaign_results.failures(stage="relax")}
    for candidate in candidates:
        failure = failures.get(candidate.id)
        if failure is None or context.results.get(RelaxedStructure, "relax", candidate.id) is not None:
            continue
        context.results.decide(
            Decision(
                campaign=context.entry.name,
                subject=candidate.id,
                stage=Stage.RELAX,
                quantity="relaxation",
                value=None,
                unit="",
                threshold=None,
                verdict=Verdict.FAIL,
                reason=f"the relaxation was given up: {failure.reason}",
                inputs_hash=content_hash(candidate.structure, failure.kind),
                version=__version__,
            )
        )


def _references(context: StageContext) -> Sequence[RelaxedStructure] | EntrySet:
    from workflows.references.hull_entries import given_entries

    stored = list(context.campaign_results.all(RelaxedStructure, "reference").values())
    # A reference whose relaxation did not converge would make the hull too high without a sign of it.
    converged = [item for item in stored if item.converged]
    given = given_entries(context.entry, context.engine.provenance)
    if given is not None:
        return given.joined(entries_of(converged))
    _require_elements(stored)
    return converged


def _require_elements(references: Sequence[RelaxedStructure]) -> None:
    """See that no element is without a reference only because its relaxation did not converge.

    Raises
    ------
    UserError
        For the first such element: without it no hull is defined.
    """
    converged = {item.structure.composition.chemical_system for item in references if item.converged}
    for item in references:
        system = item.structure.composition.chemical_system
        if "-" not in system and not item.converged and system not in converged:
            raise UserError(
                f"the reference phase {item.id}, which the hull needs, did not converge in {item.steps} steps (largest "
                f"force {significant(item.max_force_eV_A, 2)} eV/A, stress {significant(item.max_stress_GPa, 2)} GPa)",
                field="relax.max_steps",
                fix="raise it, or loosen relax.force_eV_A or relax.stress_GPa",
            )


def _decisions(
    context: StageContext, records: Sequence[HullRecord], relaxed: Sequence[RelaxedStructure]
) -> list[Decision]:
    """Decide about each arrangement; of those not failed, the `keep_per_composition` lowest different crystals go on.

    Which one goes on depends on all of them, so that each decision's hash of inputs covers the whole set.
    """
    campaign = context.entry.campaign
    structures = {item.id: item for item in relaxed}
    decided = [
        decide_hull(record, campaign.hull, campaign=context.entry.name, relaxed=structures[record.candidate_id])
        for record in records
    ]
    within = [decision for decision in decided if decision.verdict is not Verdict.FAIL]
    lowest_first = [d.subject for d in sorted(within, key=lambda d: (d.value or 0.0, d.subject))]
    crystals = [structures[name] for name in lowest_first]
    weights = _weights(context, crystals) if campaign.hull.in_turn and crystals else {}
    heavy = [item for item in crystals if weights.get(item.id, 1.0) >= LEAST_WEIGHT or item is crystals[0]]
    keep, copies = _different(heavy, campaign.hull.keep_per_composition)
    taken_from = content_hash(sorted(str(decision.inputs_hash) for decision in decided))
    final = []
    for decision in decided:
        outcome = decision.model_copy(update={"inputs_hash": content_hash(decision.inputs_hash, taken_from)})
        if decision.verdict is not Verdict.FAIL and decision.subject not in keep:
            instead = copies.get(decision.subject, keep[0])
            why = "relaxed to the same crystal" if decision.subject in copies else "of this composition is lower"
            note = f"{decision.reason}; {instead} {why} and continues instead"
            if weights.get(decision.subject, 1.0) < LEAST_WEIGHT and decision.subject not in copies:
                note += f" ({_weight_words(weights[decision.subject], campaign)})"
            outcome = outcome.model_copy(update={"verdict": Verdict.FAIL, "reason": note, "superseded_by": instead})
        elif weights and decision.subject in keep[1:]:
            note = (
                f"MD only where no lower arrangement passes it ({_weight_words(weights[decision.subject], campaign)})"
            )
            outcome = outcome.model_copy(update={"reason": f"{decision.reason}; {note}"})
        final.append(audited(outcome, campaign))
    return final


def _weights(context: StageContext, relaxed: Sequence[RelaxedStructure]) -> dict[str, float]:
    """Return the Boltzmann weights of the arrangements within the limit, at the highest temperature of short MD."""
    found = {item.id: required(context.results, Candidate, "candidate", item.id) for item in relaxed}
    return boltzmann_weights(
        {item.id: item.energy_eV for item in relaxed},
        {name: float(candidate.multiplicity) for name, candidate in found.items()},
        max(context.entry.campaign.short_md.temperatures_K),
    )


def _weight_words(weight: float, campaign: Campaign) -> str:
    shown = percent(weight) if weight >= 0.001 else "less than 0.1 %"
    return f"its weight at {max(campaign.short_md.temperatures_K):g} K is {shown} of the largest"


def _different(relaxed: Sequence[RelaxedStructure], wanted: int) -> tuple[list[str], dict[str, str]]:
    """Return the first so many different crystals, and those between them that are copies of one, by id."""
    kept: list[RelaxedStructure] = []
    copies: dict[str, str] = {}
    for item in relaxed:
        if len(kept) == wanted:
            break
        equal = next((other.id for other in kept if same_crystal(item, other)), None)
        if equal is None:
            kept.append(item)
        else:
            copies[item.id] = equal
    return [item.id for item in kept], copies


def _withdrawing(context: StageContext, decision: Decision) -> Decision:
    """Take back what MD decided about an arrangement that a former hull sent on and this one does not."""
    if decision.verdict is not Verdict.FAIL or decision.audited:
        return decision
    started = context.campaign_results.withdraw(decision.subject, MD_STAGES)
    note = f"{decision.reason}; its MD, started after an earlier hull, no longer counts"
    return decision.model_copy(update={"reason": note}) if started else decision
