"""The facts of one candidate up to its hull, and of its diffusion: what the terminal and the report both print."""

from collections.abc import Iterator
from dataclasses import dataclass

from ewald.numbers import count, duration, estimate, percent_change, significant
from screening.arrangements.candidate import Candidate
from screening.decision import Stage
from screening.hull.result import HullRecord
from screening.hull.wording import electrode_sentences, hull_phrase, missing_phrase
from screening.plan.composition_record import CompositionRecord
from screening.record.history import CandidateHistory
from screening.relaxation.relaxation import RelaxedStructure
from screening.validation import ModelError, ValidationRecord


@dataclass(frozen=True)
class Fact:
    """One thing known about a candidate: what it is, its value with the unit, and what qualifies it.

    Attributes
    ----------
    label
        What it is.
    value
        Its value with the unit, as it is printed.
    note
        What qualifies it; empty without.
    """

    label: str
    value: str
    note: str = ""

    def __str__(self) -> str:
        """Write it in one line."""
        return f"{self.label}: {self.value}" + (f" ({self.note})" if self.note else "")


def candidate_facts(history: CandidateHistory) -> dict[Stage, tuple[Fact, ...]]:
    """Return what is known of a candidate, stage by stage; a stage without results is left out."""
    facts = {Stage.EWALD: tuple(_ewald(history.candidate, history.composition))}
    if history.relaxed is not None:
        facts[Stage.RELAX] = tuple(_relaxation(history.relaxed))
    if history.hull is not None:
        facts[Stage.HULL] = tuple(_hull(history.hull))
    slope, activation = history.activation_energy_stage(), history.activation_energy_eV()
    if slope is not None and activation is not None:
        facts[slope] = (Fact("Activation energy", f"{estimate(activation)} eV"),)
    if history.validation is not None:
        facts[Stage.VALIDATION] = tuple(_validation(history.validation))
    error = history.model_error()
    if error is not None:
        facts[Stage.CHECK_MD] = (*facts.get(Stage.CHECK_MD, ()), _model_error(error))
    return facts


def _validation(found: ValidationRecord) -> Iterator[Fact]:
    yield Fact("Validation", f"{len(found.time_ps)} frames", f"{found.engine} against {found.better}")
    for item in found.agreements:
        typical = f"of {significant(item.typical_eV_A, 2)}, correlation {significant(item.correlation, 2)}"
        yield Fact(f"Force difference, {item.group}", f"{significant(item.error_eV_A, 2)} eV/A", typical)
    spread = f"{significant(found.energy_rms_meV_atom, 2)} meV/atom (rms)"
    yield Fact("Energy difference along the run", spread, "mean subtracted")
    yield Fact("Work of the validation", f"{duration(found.core_seconds)} of one core")


def _model_error(error: ModelError) -> Fact:
    widened = f"{significant(error.low95_mS_cm, 2)} to {significant(error.high95_mS_cm, 2)} mS/cm"
    note = f"the 95 % interval of the better engine, which is statistical, widened by this factor: {widened}"
    return Fact("Model error", f"the two engines differ by a factor of {significant(error.factor, 2)}", note)


def _ewald(candidate: Candidate, composition: CompositionRecord | None) -> Iterator[Fact]:
    yield Fact("Composition", candidate.composition_id)
    yield Fact("Mother", candidate.mother)
    method = ""
    if composition is not None:
        yield Fact("Compensation", composition.compensation)
        yield Fact("Supercell", "; ".join(" ".join(map(str, row)) for row in composition.supercell))
        distinct = composition.distinct_configurations
        symmetry = f"{count(distinct)} of them distinct by symmetry" if distinct else ""
        yield Fact("Arrangements", count(composition.configurations), symmetry)
        if composition.evaluated:
            yield Fact("Evaluated", f"{count(composition.evaluated)} in {duration(composition.seconds)}")
        method = f", method {composition.method}" if composition.method else ""
        method += f", gap {significant(composition.gap_eV)} eV" if composition.gap_eV else ""
    proof = "proved to be among the lowest" if candidate.certified else "not proved to be the lowest"
    yield Fact("Ewald rank", str(candidate.rank), proof + method)
    yield Fact("Ewald energy", f"{candidate.ewald_energy_eV:.6f} eV per cell of {len(candidate.structure)} ions")
    yield Fact("Symmetry copies", count(candidate.multiplicity))


def _relaxation(relaxed: RelaxedStructure) -> Iterator[Fact]:
    source = relaxed.provenance
    comparable = f"energies comparable within {source.energy_key}"
    yield Fact("Engine", f"{source.engine}: {source.code} {source.version}", comparable)
    if source.settings:
        yield Fact("Settings", ", ".join(f"{key}={value}" for key, value in sorted(source.settings.items())))
    per_ion_eV = relaxed.energy_eV / len(relaxed.structure)
    yield Fact("Relaxed energy", f"{relaxed.energy_eV:.6f} eV", f"{per_ion_eV:.4f} eV/atom")
    converged = "converged" if relaxed.converged else "NOT converged"
    yield Fact("Relaxation", f"{relaxed.steps} steps, {converged}, volume {percent_change(relaxed.volume_change)}")
    yield Fact("Largest force", f"{significant(relaxed.max_force_eV_A)} eV/A")
    yield Fact("Largest stress", f"{significant(relaxed.max_stress_GPa)} GPa")
    yield Fact("Work", f"{duration(relaxed.core_seconds)} of one core")
    sound = [check.name for check in relaxed.checks if check.passed]
    if sound:
        yield Fact("Checks passed", ", ".join(name.replace("_", " ") for name in sound))
    for check in relaxed.checks:
        if not check.passed:
            limit = f"measured {significant(check.measured)}, limit {significant(check.limit)}"
            yield Fact(f"Check {check.name.replace('_', ' ')} FAILED", check.reason, limit)


def _hull(hull: HullRecord) -> Iterator[Fact]:
    yield Fact("Hull", hull_phrase(hull.hull_energy_meV_per_atom))
    if hull.hull_energy_with_campaign_meV_per_atom is not None:
        phrase = hull_phrase(hull.hull_energy_with_campaign_meV_per_atom)
        yield Fact("With the campaign's own phases", phrase, "those of other compositions compete as well")
    costs = "would cost energy" if hull.reaction and hull.hull_energy_meV_per_atom < 0 else ""
    yield Fact("Decomposition", hull.reaction or "none", costs)
    if hull.missing_systems:
        yield Fact("Lower bound", missing_phrase(hull.missing_compounds, hull.missing_systems))
    for label, sentence in electrode_sentences(hull):
        yield Fact(label, sentence)
