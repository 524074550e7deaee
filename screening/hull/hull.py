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
from screening.hull.known_compounds import missing_for_window
from screening.hull.result import HullRecord
from screening.hull.wording import hull_phrase, missing_phrase
from screening.hull.written import written_formula
from screening.relaxation.relaxation import RelaxedStructure
from screening.species import elements_of
from screening.value import content_hash

DOUBTFUL_DEPTH_MEV = 100.0
"""An energy (meV/atom) further below the hull of its competitors than this is not believed: hulls are built by phases
that are made, whose depth below the others is rarely more than that."""


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
        missing_systems=known.missing_systems(entry.composition),
        missing_compounds=_written(known.missing_compounds(entry.composition)),
        **electrodes,
    )


def _electrodes(entry: ComputedEntry, known: EntrySet, mobile: str, cathodes: Sequence[str]) -> dict[str, Any]:
    """Return the record's fields about the electrodes; the entries have to cover the cathodes' elements too.

    Where phases are missing on which the window depends, it is withheld: it could only come out too wide.
    """
    from screening.hull.conduction import passivates, product_conduction
    from screening.hull.electrodes import electrode_reactions
    from screening.hull.window import electrochemical_window

    reactions = electrode_reactions(entry, known.entries, mobile, cathodes, known.systems)
    withheld = _window_missing(entry, known, mobile)
    if withheld or known.missing_systems(entry.composition):
        return {"window_missing_compounds": withheld, "electrode_reactions": reactions}
    limits = electrochemical_window(entry, known.within(elements_of(entry)), mobile)
    # The alkali metal that is left over is the electrode and no product.
    at_metal = tuple(product for product in limits.at_metal if product != mobile)
    products = sorted({*at_metal, *(p for reaction in reactions for p in reaction.products if p != mobile)})
    conduction = tuple(product_conduction(product, known.entries) for product in products)
    return {
        "window_low_V": limits.low_V,
        "window_high_V": limits.high_V,
        "reduction": limits.reduction,
        "oxidation": limits.oxidation,
        "products_at_metal": at_metal,
        "passivates_metal": passivates(at_metal, conduction),
        "product_conduction": conduction,
        "electrode_reactions": reactions,
    }


def _window_missing(entry: ComputedEntry, known: EntrySet, mobile: str) -> tuple[str, ...]:
    bare = entry.composition.element_composition
    if known.complete(elements_of(entry)):
        return ()
    return _written(missing_for_window(bare, mobile, known.formulas))


def _written(formulas: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(map(written_formula, formulas)))


def phase_diagram(entries: Sequence[ComputedEntry], elements: frozenset[str]) -> PhaseDiagram:
    """Build the phase diagram of the entries.

    Parameters
    ----------
    entries
        Energies of one engine and settings, corrections included.
    elements
        Symbols of all elements that are going to be asked about.

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
    named: dict[str, float] = {}
    for entry, share in _largest_first(decomposition):
        formula = written_formula(entry.composition)
        name = str(entry.entry_id)
        label = formula if name in {formula, entry.composition.reduced_formula, "None"} else f"{formula} [{name}]"
        named[label] = named.get(label, 0.0) + float(share)
    return named


def _largest_first(decomposition: dict[PDEntry, float]) -> list[tuple[PDEntry, float]]:
    """Return the products by share; equal shares, which differ by rounding errors, by formula."""
    return sorted(decomposition.items(), key=lambda item: (-round(item[1], 9), written_formula(item[0].composition)))


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
    for entry, share in _largest_first(decomposition):
        product = written_formula(entry.composition)
        amount = float(share) * atoms / Composition(product).num_atoms
        if amount > 1e-6:
            products.append(product if abs(amount - 1) < 1e-6 else f"{amount:.4g} {product}")
    return f"{formula} -> {' + '.join(products)}"


def decide_hull(
    record: HullRecord, settings: HullStage, *, campaign: str, relaxed: RelaxedStructure | None = None
) -> Decision:
    """Turn a hull record into a line of the ledger.

    Where competing phases are missing, the energy is a lower bound: it can fail a candidate and never pass it. So can
    a reaction with a cathode. An energy far below the hull is doubted: it says more about the references than about the
    candidate.

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
        for found, note in (
            lower_bound,
            _judge_depth(energy),
            _judge_window(record, settings),
            *_judge_cathodes(record, settings),
        ):
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
    return f"lower bound: competing phases missing ({missing_phrase(record.missing_compounds, record.missing_systems)})"


def _judge_references(record: HullRecord) -> tuple[Verdict, str]:
    # One more competing phase can only raise the energy: beyond the limit it stays there, within it perhaps not.
    return (Verdict.UNDECIDED, f"; {_lower_bound(record)}") if record.missing_systems else (Verdict.PASS, "")


def _judge_depth(energy: float) -> tuple[Verdict, str]:
    if energy >= -DOUBTFUL_DEPTH_MEV:
        return Verdict.PASS, ""
    return Verdict.UNDECIDED, (
        f"; doubtful: real phases seldom lie more than {DOUBTFUL_DEPTH_MEV:g} meV/atom below the hull of their "
        "competitors, so check for a missing competing phase, a badly relaxed reference or a wrong energy"
    )


def _judge_window(record: HullRecord, settings: HullStage) -> tuple[Verdict, str]:
    if settings.min_window_V is None:
        return Verdict.PASS, ""
    width = record.window_width_V
    if width is None:
        missing = record.window_missing_compounds or record.missing_compounds
        why = f" without a reference of {', '.join(missing)}" if missing else ""
        return Verdict.UNDECIDED, f"; the electrochemical window is unknown{why}"
    if width < settings.min_window_V:
        return Verdict.FAIL, f"; its window of {width:.2f} V is narrower than {settings.min_window_V:g} V"
    return Verdict.PASS, ""


def _judge_cathodes(record: HullRecord, settings: HullStage) -> list[tuple[Verdict, str]]:
    limit = settings.max_cathode_reaction_meV_per_atom
    if limit is None:
        return []
    reactions = {reaction.partner: reaction for reaction in record.electrode_reactions}
    judged = []
    for cathode in settings.cathodes:
        found = reactions.get(cathode)
        energy = None if found is None else found.energy_meV_per_atom
        if found is None or energy is None:
            judged.append((Verdict.UNDECIDED, f"; the reaction with {cathode} is unknown"))
        elif -energy > limit:
            note = f"; the reaction with {cathode} releases {-energy:.0f} meV/atom, more than {limit:g}"
            judged.append((Verdict.FAIL, note))
        elif found.lower_bound:
            note = f"; the reaction with {cathode} releases {-energy:.0f} meV/atom or more, as phases are missing"
            judged.append((Verdict.UNDECIDED, note))
    return judged
