"""One line of the results table: a candidate with every number that decided about it."""

from typing import Any

from screening.activation import activation_energy_eV
from screening.conductivity import TransportResult
from screening.decision import Decision, Stage
from screening.dossier import Dossier, dossiers
from screening.record import CampaignRecord, HullRecord
from screening.value import Value


class CandidateRow(Value):
    """A candidate as a flat row; units stand in the names, None is a value not known.

    `temperature_K` and what follows it belong to the analysis that counts: long MD before short MD, then the
    temperature nearest to 300 K. `D_least`, `D_middle` and `D_most` are the eigenvalues of the diffusivity tensor;
    `judged` is the conductivity that the verdict rests on, at `judged_at_K`: the campaign's temperature
    where the runs lead there, else the run's.
    """

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
    md_steps: int = 0
    warnings: str = ""


def candidate_rows(record: CampaignRecord) -> tuple[CandidateRow, ...]:
    """Return the table of all candidates, in the record's order."""
    return tuple(_row(dossier, dossier.judged_at_K(record.campaign.verdict)) for dossier in dossiers(record).values())


def _row(dossier: Dossier, judged_at_K: float | None) -> CandidateRow:
    candidate, relaxed, hull, best = dossier.candidate, dossier.relaxed, dossier.hull, dossier.best_transport()
    activation = activation_energy_eV(dossier)
    notes = [warning for decision in dossier.decisions for warning in decision.warnings]
    notes += list(best.warnings) if best is not None else []
    return CandidateRow(
        candidate=candidate.id,
        composition=candidate.composition_id,
        mother=candidate.mother,
        formula=candidate.formula,
        compensation=dossier.composition.compensation if dossier.composition is not None else None,
        ions=len(candidate.structure),
        ewald_rank=candidate.rank,
        ewald_energy_eV=candidate.ewald_energy_eV,
        certified=candidate.certified,
        energy_eV=relaxed.energy_eV if relaxed is not None else None,
        relaxed=dossier.verdict(Stage.RELAX),
        hull_energy_meV_per_atom=hull.hull_energy_meV_per_atom if hull is not None else None,
        hull_energy_with_campaign_meV_per_atom=(
            hull.hull_energy_with_campaign_meV_per_atom if hull is not None else None
        ),
        hull=dossier.verdict(Stage.HULL),
        decomposition=hull.reaction if hull is not None else None,
        window_low_V=hull.window_low_V if hull is not None else None,
        window_high_V=hull.window_high_V if hull is not None else None,
        **_electrodes(hull, candidate.mobile),
        short_md=dossier.verdict(Stage.SHORT_MD),
        long_md=dossier.verdict(Stage.LONG_MD),
        reached=dossier.reached(),
        temperature_K=best.temperature_K if best is not None else None,
        D_cm2_s=best.D_cm2_s.mean if best is not None else None,
        D_low95_cm2_s=best.D_cm2_s.low95 if best is not None else None,
        D_high95_cm2_s=best.D_cm2_s.high95 if best is not None else None,
        sigma_mS_cm=best.sigma_mS_cm.mean if best is not None else None,
        sigma_low95_mS_cm=best.sigma_mS_cm.low95 if best is not None else None,
        sigma_high95_mS_cm=best.sigma_mS_cm.high95 if best is not None else None,
        probability_above=best.probability_above if best is not None else None,
        haven_ratio=best.haven_ratio if best is not None else None,
        **_anisotropy(best),
        sigma_charge_mS_cm=best.sigma_charge_mS_cm if best is not None else None,
        **_judged(dossier.judged(), judged_at_K),
        Ea_eV=activation.mean if activation is not None else None,
        Ea_low95_eV=activation.low95 if activation is not None else None,
        Ea_high95_eV=activation.high95 if activation is not None else None,
        md_steps=sum(run.steps for run in dossier.md),
        warnings="; ".join(dict.fromkeys(notes)),
    )


def _anisotropy(best: TransportResult | None) -> dict[str, float]:
    if best is None:
        return {}
    return dict(zip(("D_least_cm2_s", "D_middle_cm2_s", "D_most_cm2_s"), sorted(best.eigenvalues_cm2_s), strict=True))


def _judged(decision: Decision | None, at_K: float | None) -> dict[str, float | None]:
    if decision is None:
        return {}
    return {
        "judged_at_K": at_K,
        "judged_mS_cm": decision.value,
        "judged_low95_mS_cm": decision.low95,
        "judged_high95_mS_cm": decision.high95,
    }


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
