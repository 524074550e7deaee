"""Energy above the convex hull, decomposition and reaction of each candidate.

The hull is pymatgen's PhaseDiagram (S. P. Ong, L. Wang, B. Kang, G. Ceder, Chem. Mater. 20, 1798 (2008)). The energy
of a candidate is measured against the hull of the competing phases without the candidate itself, so that a candidate
that would be stable has a negative energy instead of a bare zero.
"""

from collections.abc import Sequence
from typing import Any

from pymatgen.analysis.phase_diagram import PDEntry, PhaseDiagram
from pymatgen.core import Composition
from pymatgen.entries.computed_entries import ComputedEntry

from ewald.errors import UserError
from ewald.version import __version__
from screening.campaign.stages import HullStage
from screening.decision import Decision, Stage, Verdict
from screening.hull.entries import EntrySet, entries_of
from screening.hull.result import HullRecord
from screening.hull.wording import hull_phrase
from screening.relaxation.relaxation import RelaxedStructure
from screening.species import elements_of
from screening.value import content_hash


def hull_energies(
    candidates: Sequence[RelaxedStructure],
    references: Sequence[RelaxedStructure] | EntrySet,
    *,
    mobile: str | None = None,
    window: bool = False,
    cathodes: Sequence[str] = (),
) -> tuple[HullRecord, ...]:
    """Return the hull energy of every candidate, in the order given.

    Parameters
    ----------
    candidates
        Relaxed arrangements.
    references
        Competing phases: relaxed by the same engine, or a set of entries with the same key.
    mobile
        The alkali metal of the electrochemical window.
    window
        Also compute the window and the reactions with the electrodes.
    cathodes
        Formulas of cathodes to react with; when left out, the usual ones as far as their elements have references.

    Raises
    ------
    UserError
        When energies of different provenance would be compared, or an element has no reference at all.
    """
    own = entries_of(candidates)
    known = references if isinstance(references, EntrySet) else entries_of(references)
    if own.entries and known.entries and known.energy_key != own.energy_key:
        raise UserError(
            f"the references' energies (key {known.energy_key}) cannot be compared with the candidates' (key "
            f"{own.energy_key})",
            field="hull",
            fix="relax the references with the same engine and settings",
        )
    return tuple(_record(entry, known, mobile if window else None, cathodes) for entry in own.entries)


def _record(entry: ComputedEntry, known: EntrySet, mobile: str | None, cathodes: Sequence[str]) -> HullRecord:
    elements = elements_of(entry)
    diagram = phase_diagram(known.within(elements), elements)
    decomposition, energy = diagram.get_decomp_and_e_above_hull(entry, allow_negative=True, check_stable=False)
    electrodes: dict[str, Any] = {}
    if mobile is not None and mobile in elements:
        electrodes = _electrodes(entry, known, mobile, cathodes)
    return HullRecord(
        candidate_id=str(entry.entry_id),
        hull_energy_meV_per_atom=1000 * float(energy),
        formation_energy_eV_per_atom=float(diagram.get_form_energy_per_atom(entry)),
        decomposition=_named_decomposition(decomposition),
        reaction=reaction(entry.composition, decomposition),
        missing_systems=known.missing_systems(elements),
        **electrodes,
    )


def _electrodes(entry: ComputedEntry, known: EntrySet, mobile: str, cathodes: Sequence[str]) -> dict[str, Any]:
    """Return the record's fields about the electrodes; the entries have to cover the cathodes' elements too."""
    from screening.hull.conduction import passivates, product_conduction
    from screening.hull.electrodes import electrode_reactions
    from screening.hull.window import electrochemical_window

    limits = electrochemical_window(entry, known.within(elements_of(entry)), mobile)
    reactions = electrode_reactions(entry, known.entries, mobile, cathodes)
    products = sorted({*limits.at_metal, *(product for reaction in reactions for product in reaction.products)})
    conduction = tuple(product_conduction(product, known.entries) for product in products)
    return {
        "window_low_V": limits.low_V,
        "window_high_V": limits.high_V,
        "reduction": limits.reduction,
        "oxidation": limits.oxidation,
        "products_at_metal": limits.at_metal,
        "passivates_metal": passivates(limits.at_metal, conduction),
        "product_conduction": conduction,
        "electrode_reactions": reactions,
    }


def phase_diagram(entries: Sequence[ComputedEntry], elements: frozenset[str]) -> PhaseDiagram:
    """Build the phase diagram of the entries.

    Raises
    ------
    UserError
        When an element has no reference, because then no energy is defined.
    """
    elemental = {next(iter(elements_of(entry))) for entry in entries if len(elements_of(entry)) == 1}
    missing = sorted(elements - elemental)
    if missing:
        raise UserError(
            f"no reference phase of the element{'s' if len(missing) > 1 else ''} {', '.join(missing)}",
            field="hull.references",
            fix="relax the shipped reference el_" + missing[0] + " or add an entry to the references file",
        )
    return PhaseDiagram(list(entries))


def _named_decomposition(decomposition: dict[PDEntry, float]) -> dict[str, float]:
    """Return the products as {formula [name]: share of atoms}."""
    ordered = sorted(decomposition.items(), key=lambda item: -item[1])
    named: dict[str, float] = {}
    for entry, share in ordered:
        formula = entry.composition.reduced_formula
        name = str(entry.entry_id)
        label = formula if name in {formula, "None"} else f"{formula} [{name}]"
        named[label] = named.get(label, 0.0) + float(share)
    return named


def reaction(composition: Composition, decomposition: dict[PDEntry, float]) -> str:
    """Write the decomposition of one formula unit with its coefficients.

    Examples
    --------
    >>> from pymatgen.entries.computed_entries import ComputedEntry
    >>> products = {ComputedEntry("Na2S", 0): 0.5, ComputedEntry("SbS2", 0): 0.5}
    >>> reaction(Composition("Na2SbS3"), products)
    'Na2SbS3 -> Na2S + SbS2'
    """
    formula, _ = composition.get_reduced_formula_and_factor()
    atoms = Composition(formula).num_atoms
    products = []
    for entry, share in sorted(decomposition.items(), key=lambda item: -item[1]):
        product = entry.composition.reduced_formula
        amount = float(share) * atoms / Composition(product).num_atoms
        if amount > 1e-6:
            products.append(product if abs(amount - 1) < 1e-6 else f"{amount:.4g} {product}")
    return f"{formula} -> {' + '.join(products)}"


def decide_hull(
    record: HullRecord, settings: HullStage, *, campaign: str, relaxed: RelaxedStructure | None = None
) -> Decision:
    """Turn a hull record into a line of the ledger.

    Where competing phases are missing, the energy is a lower bound: it can fail a candidate and never pass it.

    Parameters
    ----------
    record
        Hull record of the candidate.
    settings
        Thresholds of the hull stage, in meV/atom and V.
    campaign
        Name of the campaign.
    relaxed
        The relaxed candidate, for the inputs' hash.
    """
    energy = record.hull_energy_meV_per_atom
    within = energy <= settings.threshold_meV_per_atom
    reason = (
        f"{hull_phrase(energy)}, {'within' if within else 'beyond'} the limit of "
        f"{settings.threshold_meV_per_atom:g}; decomposition: {record.reaction}"
    )
    verdict = Verdict.PASS if within else Verdict.FAIL
    if within:
        lower_bound = _judge_references(record)
        for found, note in (lower_bound, _judge_window(record, settings), *_judge_cathodes(record, settings)):
            verdict = max(verdict, found, key=_SEVERITY.index)
            reason += note
    return Decision(
        campaign=campaign,
        subject=record.candidate_id,
        stage=Stage.HULL,
        quantity="hull_energy",
        value=energy,
        unit="meV/atom",
        threshold=settings.threshold_meV_per_atom,
        verdict=verdict,
        reason=reason,
        inputs_hash=content_hash(record, settings, relaxed.provenance if relaxed else None),
        version=__version__,
        warnings=(_lower_bound(record),) if record.missing_systems else (),
    )


_SEVERITY = (Verdict.PASS, Verdict.UNDECIDED, Verdict.FAIL)


def _lower_bound(record: HullRecord) -> str:
    return f"lower bound: competing phases missing (no reference phase of {', '.join(record.missing_systems)})"


def _judge_references(record: HullRecord) -> tuple[Verdict, str]:
    # One more competing phase can only raise the energy: beyond the limit it stays there, within it perhaps not.
    return (Verdict.UNDECIDED, f"; {_lower_bound(record)}") if record.missing_systems else (Verdict.PASS, "")


def _judge_window(record: HullRecord, settings: HullStage) -> tuple[Verdict, str]:
    if settings.min_window_V is None:
        return Verdict.PASS, ""
    width = record.window_width_V
    if width is None:
        return Verdict.UNDECIDED, "; the electrochemical window is unknown"
    if width < settings.min_window_V:
        return Verdict.FAIL, f"; its window of {width:.2f} V is narrower than {settings.min_window_V:g} V"
    return Verdict.PASS, ""


def _judge_cathodes(record: HullRecord, settings: HullStage) -> list[tuple[Verdict, str]]:
    limit = settings.max_cathode_reaction_meV_per_atom
    if limit is None:
        return []
    energies = {reaction.partner: reaction.energy_meV_per_atom for reaction in record.electrode_reactions}
    judged = []
    for cathode in settings.cathodes:
        energy = energies.get(cathode)
        if energy is None:
            judged.append((Verdict.UNDECIDED, f"; the reaction with {cathode} is unknown"))
        elif -energy > limit:
            note = f"; the reaction with {cathode} releases {-energy:.0f} meV/atom, more than {limit:g}"
            judged.append((Verdict.FAIL, note))
    return judged
