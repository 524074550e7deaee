"""What a campaign means, in sentences, and which keys a campaign file may have."""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel

from ewald.numbers import count, counted
from screening.campaign.campaign import Campaign
from screening.campaign.stages import MDStage, Validation
from screening.plan.plan import Plan
from workflows.campaign.campaign_file import CampaignFile, plan_of
from workflows.engines.cache import choices_of
from workflows.md.schedule import schedule
from workflows.operations.costs import stage_costs, work_lines
from workflows.operations.md_doubts import md_doubts
from workflows.references.gaps import reference_gaps
from workflows.references.hull_entries import check_references
from workflows.references.reference_phases import hull_systems, reference_names


def meaning(file: CampaignFile) -> Iterator[str]:
    """Yield what a campaign will do, line by line; everything it names is looked up.

    Raises
    ------
    UserError
        For the first thing that is wrong.
    """
    from screening.transport.kinisi_estimator import require_estimator
    from workflows.engines.registry import missing_here, read_settings

    campaign = file.campaign
    require_estimator(campaign.verdict.estimator, file=file.path)
    plan = plan_of(file)
    check_references(campaign, file.base_dir, plan.compositions, source=file.path)
    choices = choices_of(campaign, file.base_dir)
    read = {name: read_settings(choice) for name, choice in choices.items()}
    yield f"campaign {campaign.name}, revision {campaign.revision()}" + (
        " (a demonstration: nothing to publish)" if campaign.demonstration else ""
    )
    for mother in plan.mothers:
        yield f"oxidation states of {mother.describe_charges()}"
    yield from _compositions(plan)
    yield (f"Ewald screen ({campaign.ewald.method}): the {campaign.ewald.keep} lowest arrangements of each composition")
    elements = frozenset[str]().union(*hull_systems(campaign, plan.compositions))
    for name, (engine, _, source) in read.items():
        label = "engine" if campaign.engine is not None else f"engine {name}"
        yield f"{label}: {engine}, preset {campaign.all_engines[name].preset} ({source})"
        missing = missing_here(choices[name], elements)
        if missing is not None:
            yield missing
    yield from work_lines(stage_costs(campaign, file.base_dir, plan.compositions))
    relax = campaign.relax
    yield f"relaxation until forces fall below {relax.force_eV_A:g} eV/A, at most {relax.max_steps} steps"
    references = reference_names(campaign, plan.compositions)
    yield f"hull: at most {campaign.hull.threshold_meV_per_atom:g} meV/atom above it; " + (
        f"{len(references)} reference phases: {', '.join(references)}"
        if references
        else f"references: {campaign.hull.references}"
    )
    gaps = reference_gaps(campaign, file.base_dir, plan.compositions)
    if gaps is not None:
        yield from gaps.lines()
    if campaign.hull.electrodes:
        partners = ", ".join(("the alkali metal", *campaign.hull.cathodes))
        yield f"electrodes: window against the alkali metal, reactions with {partners}"
    yield f"short MD: {_md(campaign.short_md)}"
    yield f"long MD: {_md(campaign.long_md)}"
    yield from md_doubts(campaign, plan)
    if campaign.validation is not None:
        yield _validation(campaign.validation)
    rule = campaign.verdict
    where = "the run's own temperature" if rule.temperature_K is None else f"{rule.temperature_K:g} K"
    yield f"a fast conductor has {rule.threshold_mS_cm:g} mS/cm or more at {where}"
    run = campaign.execution
    yield f"{counted(run.workers, 'local worker')} with {counted(run.threads_per_worker, 'thread')} each"
    yield f"results go to {file.folder}; database: {campaign.database.mode}"


def _compositions(plan: Plan) -> Iterator[str]:
    total = plan.totals.configurations
    arrangements = f"{count(total)} {'arrangement' if int(total) == 1 else 'arrangements'}"
    yield f"{counted(len(plan.compositions), 'composition')}, {arrangements} in all:"
    for composition in plan.compositions[:20]:
        yield f"  {composition.id}: {composition.formula}, {composition.ions} ions"
    if len(plan.compositions) > 20:
        yield f"  and {len(plan.compositions) - 20} more (ionsieve plan lists them)"
    for refused in plan.not_compensated:
        yield f"  left out: {refused.substitution} in {refused.mother}: {refused.reason}"


def _validation(rule: Validation) -> str:
    then = "their MD is repeated with it" if rule.on_doubt == "rerun" else "they are marked"
    return (
        f"validation by {rule.engine}: {rule.frames} frames of each survivor; above {rule.max_force_error_eV_A:g} eV/A "
        f"or below a correlation of {rule.min_correlation:g} they are doubtful, and {then}"
    )


def _md(stage: MDStage) -> str:
    temperatures = ", ".join(f"{temperature:g}" for temperature in stage.temperatures_K)
    budget = stage.budget_ps
    length = f"{stage.length_ps:g} ps" if budget == stage.length_ps else f"{stage.length_ps:g} to {budget:g} ps"
    looks = schedule(stage).looks
    judged = "judged once" if looks == 1 else f"judged up to {looks} times as it grows"
    order = "; the hottest first, the others where it does not rule out" if stage.begins_hot else ""
    return f"{length} in steps of {stage.timestep_fs:g} fs at {temperatures} K, {judged}{order}"


def schema_lines(model: type[BaseModel] = Campaign, prefix: str = "") -> Iterator[str]:
    """Yield every key of a campaign file with its type's default and what it means."""
    for name, field in model.model_fields.items():
        path = f"{prefix}{name}"
        inner = _section(field.annotation)
        many = inner is not None and field.annotation is not inner and ("tuple" in str(field.annotation))
        default = "needed" if field.is_required() else _default(field.get_default(call_default_factory=True))
        yield f"{path}{'[]' if many else ''}: {field.description}" + (f" ({default})" if default else "")
        if inner is not None:
            yield from schema_lines(inner, f"{path}{'[]' if many else ''}.")


def _section(annotation: Any) -> type[BaseModel] | None:
    """Return the section that an annotation holds, if any."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for found in map(_section, get_args(annotation)) if found is not None), None)


def _default(value: object) -> str:
    if isinstance(value, BaseModel):
        return ""
    if isinstance(value, tuple):
        return f"default: {', '.join(str(item) for item in value) or 'none'}"
    return f"default: {'none' if value is None or value in ('', {}) else value}"
