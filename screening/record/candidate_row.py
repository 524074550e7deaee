"""One line of the results table: a candidate with every number that decided about it."""

from typing import Any

from pydantic import BaseModel

from screening.decision import Decision, Stage, Verdict
from screening.estimated import Estimate
from screening.hull.result import HullRecord
from screening.record.history import CandidateHistory, histories
from screening.record.record import CampaignRecord
from screening.structure_document import symbol_counts
from screening.transport.conductivity import TransportResult
from screening.value import Value


class CandidateRow(Value):
    """A candidate as a flat row; units stand in the names, None is a value not known.

    Attributes
    ----------
    rank
        Place in the ranking, 1 for the best; None before anything was decided, or where no ranking is made.
    candidate, composition
        Ids of the candidate and of its composition.
    mother, formula
        Mother crystal, and reduced formula of the candidate.
    compensation
        How the charge of the dopant is compensated, such as vacancies of the mobile ion; None for an undoped crystal.
    ions
        Ions in the cell.
    ewald_rank, ewald_energy_eV
        Place among the arrangements of the composition by Ewald energy, and this energy in eV per cell.
    certified
        Whether the arrangement is proven to be among the lowest.
    energy_eV
        Energy of the relaxed cell, in eV per cell.
    relaxed, hull, short_md, long_md
        Verdicts of the stages: pass, fail or undecided.
    hull_energy_meV_per_atom
        Energy above the hull of the reference phases; negative below it.
    hull_energy_with_campaign_meV_per_atom
        The same where the campaign's other compositions compete as well.
    decomposition
        Reaction into the phases of the hull.
    window_low_V, window_high_V
        Electrochemical window, in V against the alkali metal.
    products_at_metal
        Phases that form in contact with the alkali metal.
    passivates_metal
        Whether none of them conducts electrons; None where that is not known.
    metal_reaction_meV_per_atom
        Energy of the reaction with the alkali metal; negative where energy is released.
    worst_cathode, worst_cathode_reaction_meV_per_atom
        Cathode whose reaction releases the most, and its energy.
    validation
        Comparison with a better engine: trusted or doubtful.
    model_error_factor
        Ratio of the conductivities of two engines, where a second one was run.
    reached
        Last stage with a decision or a result.
    temperature_K
        Temperature of the run that counts: of long MD before short MD, at the temperature nearest to 300 K.
    D_cm2_s, D_low95_cm2_s, D_high95_cm2_s
        Tracer diffusivity in that run, with its 95 % interval.
    sigma_mS_cm, sigma_low95_mS_cm, sigma_high95_mS_cm
        Nernst-Einstein conductivity in that run, with its 95 % interval.
    probability_above
        Probability that the judged conductivity exceeds the threshold.
    haven_ratio
        Ratio of tracer and charge diffusivity in that run.
    D_least_cm2_s, D_middle_cm2_s, D_most_cm2_s
        Eigenvalues of the tensor of the tracer diffusivity.
    sigma_charge_mS_cm
        Conductivity from the charge diffusivity in that run.
    judged_at_K
        Temperature of the judged conductivity: the campaign's where the runs lead there, else the run's.
    judged_mS_cm, judged_low95_mS_cm, judged_high95_mS_cm
        Conductivity that the verdict rests on, with its 95 % interval.
    Ea_eV, Ea_low95_eV, Ea_high95_eV
        Activation energy from ln(sigma T) against 1/T, with its 95 % interval; needs two temperatures or more.
    bound
        Why only an upper bound is known: it is then the upper end of the interval, and the value is None.
    md_steps
        MD steps of all runs.
    warnings
        What puts the numbers in doubt, separated by semicolons.
    """

    rank: int | None = None
    candidate: str
    composition: str
    mother: str
    formula: str
    compensation: str | None
    ions: int
    ewald_rank: int
    ewald_energy_eV: float
    certified: bool
    energy_eV: float | None = None
    relaxed: str | None = None
    hull_energy_meV_per_atom: float | None = None
    hull_energy_with_campaign_meV_per_atom: float | None = None
    hull: str | None = None
    decomposition: str | None = None
    window_low_V: float | None = None
    window_high_V: float | None = None
    products_at_metal: str | None = None
    passivates_metal: bool | None = None
    metal_reaction_meV_per_atom: float | None = None
    worst_cathode: str | None = None
    worst_cathode_reaction_meV_per_atom: float | None = None
    short_md: str | None = None
    long_md: str | None = None
    validation: str | None = None
    model_error_factor: float | None = None
    reached: str
    temperature_K: float | None = None
    D_cm2_s: float | None = None
    D_low95_cm2_s: float | None = None
    D_high95_cm2_s: float | None = None
    sigma_mS_cm: float | None = None
    sigma_low95_mS_cm: float | None = None
    sigma_high95_mS_cm: float | None = None
    probability_above: float | None = None
    haven_ratio: float | None = None
    D_least_cm2_s: float | None = None
    D_middle_cm2_s: float | None = None
    D_most_cm2_s: float | None = None
    sigma_charge_mS_cm: float | None = None
    judged_at_K: float | None = None
    judged_mS_cm: float | None = None
    judged_low95_mS_cm: float | None = None
    judged_high95_mS_cm: float | None = None
    Ea_eV: float | None = None
    Ea_low95_eV: float | None = None
    Ea_high95_eV: float | None = None
    bound: str | None = None
    md_steps: int = 0
    warnings: str = ""


def _trust(verdict: Verdict | None) -> str | None:
    """Say what a validation found: its verdict is about the engine, not about the candidate."""
    return {Verdict.PASS: "trusted", Verdict.UNDECIDED: "doubtful"}.get(verdict) if verdict else None


def candidate_rows(record: CampaignRecord) -> tuple[CandidateRow, ...]:
    """Return the table of all candidates, in the record's order.

    Parameters
    ----------
    record
        Record of the campaign, see :func:`read_record`.
    """
    return tuple(_row(history) for history in histories(record).values())


def _row(history: CandidateHistory) -> CandidateRow:
    candidate, hull, best, judged = history.candidate, history.hull, history.best_transport(), history.judged()
    notes = [*history.warnings()]
    notes += list(best.warnings) if best is not None else []
    return CandidateRow(
        **columns(candidate, "mother", "formula", "ewald_energy_eV", "certified"),
        **columns(candidate, candidate="id", composition="composition_id", ewald_rank="rank"),
        **columns(history.composition, "compensation"),
        ions=symbol_counts(candidate.structure).total(),
        **columns(history.relaxed, "energy_eV"),
        relaxed=history.verdict(Stage.RELAX),
        **columns(hull, "hull_energy_meV_per_atom", "hull_energy_with_campaign_meV_per_atom"),
        hull=history.verdict(Stage.HULL),
        **columns(hull, "window_low_V", "window_high_V", decomposition="reaction"),
        **_electrodes(hull, candidate.mobile),
        short_md=history.verdict(Stage.SHORT_MD),
        long_md=history.verdict(Stage.LONG_MD),
        validation=_trust(history.verdict(Stage.VALIDATION)),
        **columns(history.model_error(), model_error_factor="factor"),
        reached=history.reached(),
        **measured_columns(best),
        **judged_columns(judged),
        **columns(judged, "probability_above"),
        **interval_columns("Ea", "eV", history.activation_energy_eV()),
        md_steps=sum(run.steps for run in history.md),
        warnings="; ".join(dict.fromkeys(notes)),
    )


def columns(value: BaseModel | None, *names: str, **renamed: str) -> dict[str, Any]:
    """Return fields of a value as columns (`column="field"` renames one); none where there is no value."""
    if value is None:
        return {}
    return {column: getattr(value, field) for column, field in (dict(zip(names, names, strict=True)) | renamed).items()}


def interval_columns(quantity: str, unit: str, estimate: Estimate | None) -> dict[str, Any]:
    """Return a quantity and its 95 % interval as three columns; of a bound, its upper end alone."""
    if estimate is not None and estimate.bound is not None:
        return {f"{quantity}_high95_{unit}": estimate.high95}
    ends = {f"{quantity}_{unit}": "mean", f"{quantity}_low95_{unit}": "low95", f"{quantity}_high95_{unit}": "high95"}
    return columns(estimate, **ends)


def measured_columns(result: TransportResult | None) -> dict[str, Any]:
    """Return what was measured in one run."""
    if result is None:
        return {}
    axes = zip(("D_least_cm2_s", "D_middle_cm2_s", "D_most_cm2_s"), sorted(result.eigenvalues_cm2_s), strict=True)
    return {
        **columns(result, "temperature_K", "haven_ratio", "sigma_charge_mS_cm"),
        **interval_columns("D", "cm2_s", result.D_cm2_s),
        **interval_columns("sigma", "mS_cm", result.sigma_mS_cm),
        **({} if result.D_cm2_s.bound is not None else dict(axes)),
        "bound": result.D_cm2_s.bound,
    }


def judged_columns(judged: Decision | None) -> dict[str, Any]:
    """Return the conductivity that a verdict rests on."""
    ends = {"judged_low95_mS_cm": "low95", "judged_high95_mS_cm": "high95"}
    return columns(judged, judged_at_K="temperature_K", judged_mS_cm="value", **ends)


def _electrodes(hull: HullRecord | None, mobile: str) -> dict[str, Any]:
    """Return the columns about the electrodes; the worst cathode is the one whose reaction releases most."""
    if hull is None or not hull.products_at_metal:
        return {}
    energies = {
        reaction.partner: reaction.energy_meV_per_atom
        for reaction in hull.electrode_reactions
        if reaction.energy_meV_per_atom is not None
    }
    cathodes = {partner: energy for partner, energy in energies.items() if partner != mobile}
    worst = min(cathodes, key=cathodes.__getitem__) if cathodes else None
    return {
        "products_at_metal": " + ".join(hull.products_at_metal),
        "passivates_metal": hull.passivates_metal,
        "metal_reaction_meV_per_atom": energies.get(mobile),
        "worst_cathode": worst,
        "worst_cathode_reaction_meV_per_atom": cathodes[worst] if worst else None,
    }
