"""The plan of a campaign: every composition it asks for, and what cannot be made neutral, with the reason."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import groupby
from pathlib import Path

from ewald.errors import CampaignError, StructureError
from ewald.pairs.model import PairModel
from screening.campaign.campaign import Campaign
from screening.campaign.doping import DopingPlan, SupercellPlan
from screening.plan.compensation import Draft, compensate, undoped
from screening.plan.composition import Composition, compose, composition_id, merge_routes
from screening.plan.configuration_space import build_space, search_key
from screening.plan.dopant_rule import RuleDecision, apply_rule
from screening.plan.forecast import estimate_seconds
from screening.plan.interstitials import VoidKind, void_kinds
from screening.plan.mother import Mother, load_mother
from screening.plan.substitution import Substitution, expand, host_sites
from screening.plan.supercell import Supercell, common_multiple, describe_supercell, find_supercell
from screening.species import VACANCY
from screening.value import Value


class NotCompensated(Value):
    """A substitution for which no neutral composition was found.

    Attributes
    ----------
    mother, substitution
        The crystal, and what was to be replaced in it.
    reason
        Why not: it cannot be made neutral, or ions would be too close together.
    """

    mother: str
    substitution: str
    reason: str


class PlanTotals(Value):
    """Sums over the plan.

    Attributes
    ----------
    mothers, compositions, not_compensated
        Their numbers; the last counts substitutions that became no composition.
    configurations, distinct_configurations
        Arrangements of all compositions, all and without symmetry copies; exact integers kept as text.
    largest_space
        Arrangements of the composition that has most.
    ions_min, ions_max
        Ions in the smallest and the largest supercell.
    estimated_seconds
        Forecast of the Ewald stage on one core; None where there is none.
    """

    mothers: int
    compositions: int
    not_compensated: int
    configurations: str
    distinct_configurations: str | None
    largest_space: str
    ions_min: int
    ions_max: int
    estimated_seconds: float | None


class Plan(Value):
    """Everything a campaign will screen.

    Attributes
    ----------
    campaign, revision
        Name and revision of the campaign.
    mothers
        The mothers, with the oxidation states used.
    compositions
        In the order of the campaign, each once.
    not_compensated
        Requested substitutions that cannot be made neutral, or whose ions would be too close.
    rule_decisions
        What the rules for choosing dopants kept and refused.
    voids
        Kinds of void sites of the mothers to which interstitial ions are added.
    notes
        Remarks: mothers without a composition, supercells that differ, arrangements that cannot be ranked.
    """

    campaign: str
    revision: str
    mothers: tuple[Mother, ...]
    compositions: tuple[Composition, ...]
    not_compensated: tuple[NotCompensated, ...] = ()
    rule_decisions: tuple[RuleDecision, ...] = ()
    notes: tuple[str, ...] = ()
    voids: tuple[VoidKind, ...] = ()

    @property
    def totals(self) -> PlanTotals:
        """Sums over the compositions."""
        spaces = [int(composition.record().configurations) for composition in self.compositions]
        distinct = [composition.distinct_configurations for composition in self.compositions]
        seconds = [composition.estimated_seconds for composition in self.compositions]
        ions = [composition.ions for composition in self.compositions]
        return PlanTotals(
            mothers=len(self.mothers),
            compositions=len(self.compositions),
            not_compensated=len(self.not_compensated),
            configurations=str(sum(spaces)),
            distinct_configurations=None if None in distinct else str(sum(int(count or 0) for count in distinct)),
            largest_space=str(max(spaces, default=0)),
            ions_min=min(ions, default=0),
            ions_max=max(ions, default=0),
            estimated_seconds=None if None in seconds else sum(second or 0.0 for second in seconds),
        )


def build_plan(campaign: Campaign, base_dir: Path, *, count_distinct: bool = True) -> Plan:
    """Enumerate the neutral compositions of a campaign with their supercells.

    Parameters
    ----------
    campaign
        The campaign.
    base_dir
        Folder that relative paths in the campaign start from: that of the campaign file.
    count_distinct
        Also count the symmetry-distinct configurations of each space.

    Raises
    ------
    UserError
        When a mother cannot be read, a dopant is unknown, or a level gives no whole number of ions.
    """
    mothers = tuple(
        load_mother(spec, base_dir, field=f"mothers.{index}", supercell=campaign.supercell)
        for index, spec in enumerate(campaign.mothers)
    )
    _check_hosts(campaign, mothers)
    compositions: list[Composition] = []
    refused: list[NotCompensated] = []
    rule_decisions: list[RuleDecision] = []
    notes: list[str] = []
    for mother in mothers:
        requested = _substitutions(campaign, mother, rule_decisions)
        drafts = _drafts(campaign, mother, requested, refused)
        if not drafts:
            notes.append(f"{mother.name}: no composition is requested, or none can be made neutral")
            continue
        supercells = _supercells(campaign, mother, drafts)
        if len({cell.matrix for cell in supercells}) > 1:
            notes.append(f"{mother.name}: no supercell of {campaign.supercell.max_ions} ions or less fits all levels")
        compositions += _composed(mother, drafts, supercells)
    degenerate = [composition.id for composition in compositions if composition.degenerate]
    if degenerate and not campaign.ewald.pairs:
        notes.append(f"electrostatics cannot rank arrangements of ions of equal charge: {', '.join(degenerate)}")
    measured = _measured(compositions, campaign, count_distinct, refused)
    return Plan(
        campaign=campaign.name,
        revision=campaign.revision(),
        mothers=mothers,
        compositions=measured,
        not_compensated=tuple(refused),
        rule_decisions=tuple(rule_decisions),
        notes=tuple(notes),
        voids=_voids(campaign, mothers, measured),
    )


def _voids(campaign: Campaign, mothers: Sequence[Mother], compositions: Sequence[Composition]) -> tuple[VoidKind, ...]:
    """Return the void sites that interstitial ions may take, of the mothers of which a composition has some."""
    used = {composition.mother for composition in compositions if composition.compensation == "interstitial"}
    found: dict[VoidKind, None] = {}
    for mother in mothers:
        for plan in campaign.doping:
            applies = mother.name in used and (plan.mothers is None or mother.name in plan.mothers)
            if applies and "interstitial" in plan.compensation and plan.interstitial_sites is None:
                found |= dict.fromkeys(void_kinds(mother, plan.interstitial_min_distance_A))
    return tuple(found)


def _substitutions(
    campaign: Campaign, mother: Mother, rule_decisions: list[RuleDecision]
) -> list[tuple[Substitution, DopingPlan]]:
    """Expand the doping plans for one mother; the decisions of rules are added to `rule_decisions`."""
    requested: list[tuple[Substitution, DopingPlan]] = []
    for index, plan in enumerate(campaign.doping):
        if plan.mothers is not None and mother.name not in plan.mothers:
            continue
        chosen: tuple[str, ...] = ()
        if plan.rule is not None:
            host, sites = host_sites(mother, plan.site, field=f"doping.{index}.site")
            decisions = apply_rule(plan.rule, mother, host, sites, field=f"doping.{index}.rule") if sites else ()
            rule_decisions += decisions
            chosen = tuple(decision.species for decision in decisions if decision.kept)
        requested += [(substitution, plan) for substitution in expand(plan, index, mother, chosen)]
    return requested


def _drafts(
    campaign: Campaign,
    mother: Mother,
    requested: Sequence[tuple[Substitution, DopingPlan]],
    refused: list[NotCompensated],
) -> list[Draft]:
    """Make the substitutions neutral; what cannot be is added to `refused`."""
    drafts = [undoped(mother)] if campaign.include_undoped else []
    for substitution, plan in requested:
        draft, reason = compensate(mother, substitution, plan)
        if draft is not None:
            drafts.append(draft)
        else:
            refused.append(NotCompensated(mother=mother.name, substitution=substitution.describe(), reason=reason))
    return drafts


def _check_hosts(campaign: Campaign, mothers: Sequence[Mother]) -> None:
    """Refuse a doping plan whose host is in none of the mothers it is for."""
    for index, plan in enumerate(campaign.doping):
        wanted = [mother for mother in mothers if plan.mothers is None or mother.name in plan.mothers]
        found = [mother for mother in wanted if host_sites(mother, plan.site, field=f"doping.{index}.site")[1]]
        if not found or (plan.mothers is not None and len(found) < len(wanted)):
            missing = next(mother for mother in wanted if mother not in found)
            raise CampaignError(
                f"is not an ion or site of {missing.name}",
                field=f"doping.{index}.site",
                value=plan.site,
                fix=f"one of {', '.join(sorted(missing.counts()))}",
            )


def _supercells(campaign: Campaign, mother: Mother, drafts: Sequence[Draft]) -> list[Supercell]:
    """Find a supercell for each draft: one for all where there is one, else one per doping plan, else one each."""
    plan = campaign.supercell
    if plan.matrix is not None:
        fixed = describe_supercell(mother.structure.lattice.matrix, plan.matrix)
        for draft in drafts:
            _require_whole(mother, draft, fixed.cells, plan)
        return [fixed] * len(drafts)
    common = _search(mother, drafts, plan)
    if common is not None:
        return [common] * len(drafts)
    found: list[Supercell] = []
    for _, members in groupby(drafts, key=lambda draft: draft.substitution.plan if draft.substitution else -1):
        together = list(members)
        shared = _search(mother, together, plan)
        found += [shared] * len(together) if shared else [_own_supercell(mother, draft, plan) for draft in together]
    return found


def _own_supercell(mother: Mother, draft: Draft, plan: SupercellPlan) -> Supercell:
    own = _search(mother, [draft], plan)
    if own is None:
        cells = max(1, int(plan.max_ions / draft.occupation.ions))
        _require_whole(mother, draft, cells, plan)
        needed = float(draft.occupation.ions * common_multiple(_counts(draft)))
        raise CampaignError(
            f"one cell of {mother.name} holds {float(draft.occupation.ions):g} ions",
            field="supercell.max_ions",
            value=plan.max_ions,
            fix=f"raise supercell.max_ions to {needed:.0f} or more",
        )
    return own


def _search(mother: Mother, drafts: Sequence[Draft], plan: SupercellPlan) -> Supercell | None:
    return find_supercell(
        mother.structure.lattice.matrix,
        float(max(draft.occupation.ions for draft in drafts)),
        target_ions=plan.target_ions,
        max_ions=plan.max_ions,
        multiple=common_multiple([count for draft in drafts for count in _counts(draft)]),
    )


def _counts(draft: Draft) -> list[Fraction]:
    return [count for group in draft.occupation.groups for count in group.counts.values()]


def _require_whole(mother: Mother, draft: Draft, cells: int, plan: SupercellPlan) -> None:
    """Refuse a draft whose counts are not whole in so many cells; the error names the ion and the fix."""
    needed = common_multiple(_counts(draft))
    if cells % needed == 0:
        return
    substitution = draft.substitution
    dopants = {species for species, _ in substitution.shares} if substitution else set()
    broken = [
        (species, count * cells)
        for group in draft.occupation.groups
        for species, count in group.counts.items()
        if (count * cells).denominator != 1
    ]
    species, count = min(broken, key=lambda entry: entry[0] not in dopants)
    ions = float(draft.occupation.ions * needed)
    fix = f"raise supercell.max_ions to {ions:.0f} or more" if plan.matrix is None else f"a matrix of {needed} cells"
    sizes = range(1, cells + 1) if plan.matrix is None else (cells,)
    raise CampaignError(
        f"gives no whole number of ions: {float(count):g} {'vacancies' if species == VACANCY else species} "
        f"in {cells} {'cell' if cells == 1 else 'cells'} of {mother.name}",
        field=f"doping.{substitution.plan}.levels" if substitution else "supercell",
        value=substitution.describe() if substitution else mother.name,
        fix=f"{fix}, or {_fitting_level(mother, draft, sizes)}",
    )


def _fitting_level(mother: Mother, draft: Draft, sizes: Iterable[int]) -> str:
    """Say which level is nearest to the one asked for, and gives whole numbers in a supercell of one of the sizes."""
    if draft.substitution is None or len(draft.substitution.shares) != 1:
        return "write a level that fits"
    [(dopant, level)] = draft.substitution.shares
    added = draft.occupation.totals()[dopant] - mother.counts().get(dopant, 0)
    # Every number per cell is that of the mother, and a change that is proportional to the level.
    numbers = []
    for group in draft.occupation.groups:
        own: dict[str, Fraction] = mother.counts([site for site in group.sites if site < len(mother.structure)])
        own[VACANCY] = len(group.sites) - sum(own.values(), Fraction(0))
        numbers += [(own.get(one, 0), group.counts.get(one, 0) - own.get(one, 0)) for one in {*own, *group.counts}]
    fitting = {
        Fraction(number, cells) / added
        for cells in sizes
        for number in (math.floor(added * cells), math.ceil(added * cells))
        if number and all((cells * x + dx * number / added).denominator == 1 for x, dx in numbers)
    }
    possible = [factor * level for factor in fitting if factor * level <= 1]
    if not possible:
        return "write a level that fits"
    return f"write {min(possible, key=lambda one: (abs(one - level), one.denominator))}, the nearest level that fits"


def _composed(mother: Mother, drafts: Sequence[Draft], supercells: Sequence[Supercell]) -> list[Composition]:
    """Compose all drafts, merge those that are one composition, and make equal names unique."""
    composed = [compose(mother, draft, cell) for draft, cell in zip(drafts, supercells, strict=True)]
    kept = merge_routes(composed)
    names = {index: composition.id for index, composition in kept.items()}
    for detail in (1, 2):
        repeated = {name for name, number in Counter(names.values()).items() if number > 1}
        for index, name in names.items():
            if name in repeated:
                names[index] = composition_id(mother, drafts[index], detail=detail)
    return [composition.model_copy(update={"id": names[index]}) for index, composition in kept.items()]


def _check_pairs(pairs: PairModel, compositions: Sequence[Composition]) -> None:
    try:
        pairs.require_known(dict.fromkeys(ion for composition in compositions for ion in composition.totals()))
    except StructureError as error:
        raise CampaignError(error.problem, field=f"ewald.{error.field}", value=error.value, fix=error.fix) from error


def _not_possible(composition: Composition, what: str) -> NotCompensated:
    return NotCompensated(
        mother=composition.mother, substitution="; ".join(composition.routes), reason=f"no arrangement {what}"
    )


def _measured(
    compositions: Sequence[Composition], campaign: Campaign, count_distinct: bool, refused: list[NotCompensated]
) -> tuple[Composition, ...]:
    """Count the arrangements, find out which compositions share a search, and estimate the time of each.

    Those that have no arrangement, because some ions would be too close, are added to `refused`.
    """
    nearest_A = campaign.ewald.min_distance_A
    if isinstance(campaign.ewald.pairs, PairModel) and compositions:
        _check_pairs(campaign.ewald.pairs, compositions)
    first_of: dict[str, str] = {}
    measured = []
    for composition in compositions:
        if not composition.configurations:
            refused.append(_not_possible(composition, "keeps every ion on the sites where the mother has it"))
            continue
        space = build_space(composition, min_distance_A=nearest_A, pairs=campaign.ewald.pairs)
        allowed = str(space.configurations) if space.configurations_exact else None
        if allowed == "0":
            groups = " and respects the disorder groups of the file" if composition.alternatives else ""
            what = f"keeps all ions {nearest_A:g} A apart (ewald.min_distance_A){groups}"
            refused.append(_not_possible(composition, what))
            continue
        first = first_of.setdefault(search_key(space, campaign.ewald), composition.id)
        shared = first != composition.id
        distinct = space.distinct_configurations() if count_distinct else None
        seconds = 0.0 if shared else estimate_seconds(composition, time_limit_s=campaign.ewald.time_limit_s)
        measured.append(
            composition.model_copy(
                update={
                    "allowed_configurations": allowed,
                    "distinct_configurations": None if distinct is None else str(distinct),
                    "estimated_seconds": seconds,
                    "searched_with": first if shared else None,
                }
            )
        )
    return tuple(measured)
