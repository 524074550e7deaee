"""What `ionsieve diffusivity` prints, as text and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from screening.campaign.stages import VerdictRule
from screening.decision import Verdict
from screening.estimated import Estimate
from screening.transport.arrhenius import ArrheniusFit, JudgedConductivity, judged_conductivity, line_through
from screening.transport.conductivity import TransportResult
from screening.transport.replicas import pool_replicas
from screening.transport.verdict import judge, printed_probability

_JSON_KEYS = (
    "D_cm2_s",
    "tensor_cm2_s",
    "D_charge_cm2_s",
    "haven_ratio",
    "sigma_mS_cm",
    "charge_e",
    "verdict",
    "warnings",
)

_MORE_KEYS = (
    "species",
    "temperature_K",
    "sigma_charge_interval_mS_cm",
    "mobile_ions",
    "hops_per_ion",
    "length_ps",
    "equilibration_ps",
    "msd_time_ps",
    "msd_A2",
    "msd_low95_A2",
    "msd_high95_A2",
)
"""Printed after those, where the result holds them."""


@dataclass(frozen=True)
class Answer:
    """All that is known of one ion, at one temperature or several.

    Attributes
    ----------
    results, replicas
        For each temperature: the common result of its replicas, and their number.
    fit
        Arrhenius line through several temperatures; None with one.
    judged, verdict, rule
        The conductivity that is compared with the threshold, and the outcome.
    """

    results: tuple[TransportResult, ...]
    replicas: tuple[int, ...]
    fit: ArrheniusFit | None
    judged: JudgedConductivity
    verdict: Verdict
    rule: VerdictRule

    @classmethod
    def of(cls, found: Sequence[Sequence[TransportResult]], rule: VerdictRule, room_K: float) -> "Answer":
        """Judge results, those of one temperature together.

        Parameters
        ----------
        found
            Replicas, for each temperature.
        rule
            Threshold and its temperature.
        room_K
            Temperature in kelvin to which several are extrapolated.
        """
        results = tuple(pool_replicas(list(replicas)) for replicas in found)
        judged = judged_conductivity(results, rule)
        fit = line_through([(result.temperature_K, result.sigma_mS_cm) for result in results], room_K)
        return cls(results, tuple(map(len, found)), fit, judged, judge(judged, rule), rule)

    @property
    def several(self) -> bool:
        """Whether there is more than one temperature."""
        return len(self.results) > 1

    @property
    def warnings(self) -> tuple[str, ...]:
        """Of all runs, and of the judgement."""
        of_runs = [
            f"{r.temperature_K:g} K: {text}" if self.several else text for r in self.results for text in r.warnings
        ]
        return (*of_runs, self.judged.note) if self.judged.note else tuple(of_runs)

    def json(self) -> str:
        """Return the JSON document."""
        common = {
            "verdict": self.verdict,
            "warnings": self.warnings,
            "probability_above": printed_probability(self.judged, self.verdict),
        }
        runs = [
            _document(result) | {"replicas": count} for result, count in zip(self.results, self.replicas, strict=True)
        ]
        document = _of_several(runs, self.fit, self.judged) | common if self.several else _ordered(runs[0] | common)
        return json.dumps(document, indent=2)

    def text(self) -> str:
        """Return the lines for the terminal."""
        lines = [
            line for result, count in zip(self.results, self.replicas, strict=True) for line in _lines(result, count)
        ]
        if self.fit is not None:
            lines += [
                f"activation energy   {_interval(self.fit.activation_energy_eV, 'eV')}",
                f"conductivity, 300 K {_interval(self.fit.sigma_mS_cm, 'mS/cm')}",
            ]
        threshold = f"{self.rule.threshold_mS_cm:g} mS/cm at {self.judged.temperature_K:g} K"
        lines.append(f"verdict             {self.verdict} against {threshold}")
        return "\n".join([*lines, *(f"warning: {warning}" for warning in self.warnings)])


def _document(result: TransportResult) -> dict[str, object]:
    document = result.to_document()
    if result.D_cm2_s.bound is not None:
        # What was counted is no value: of a bound only the upper end is printed.
        document |= {"D_cm2_s": _of_estimate(result.D_cm2_s), "sigma_mS_cm": _of_estimate(result.sigma_mS_cm)}
        document["tensor_cm2_s"] = None
    return {key: document[key] for key in (*_JSON_KEYS, *_MORE_KEYS) if key in document}


def _of_estimate(estimate: Estimate) -> dict[str, object]:
    return estimate.to_document() | {"mean": estimate.value}


def _ordered(document: dict[str, object]) -> dict[str, object]:
    """Put the keys of one run in their order."""
    return {key: document[key] for key in (*_JSON_KEYS, *(key for key in document if key not in _JSON_KEYS))}


def _of_several(
    documents: list[dict[str, object]], fit: ArrheniusFit | None, judged: JudgedConductivity
) -> dict[str, object]:
    return {
        "runs": documents,
        "activation_energy_eV": None if fit is None else fit.activation_energy_eV.to_document(),
        "sigma_300K_mS_cm": None if fit is None else fit.sigma_mS_cm.to_document(),
        "sigma_mS_cm": _of_estimate(judged.estimate),
        "temperature_K": judged.temperature_K,
    }


def _lines(result: TransportResult, replicas: int) -> list[str]:
    values = " ".join(f"{value:.3g}" for value in result.eigenvalues_cm2_s)
    values = f"{values} cm2/s" if result.D_cm2_s.bound is None else "not known"
    charge = "not resolved from noise" if result.D_cm2_s.bound is None else "not known"
    if result.D_charge_cm2_s is not None and result.haven_ratio is not None:
        charge = f"{result.D_charge_cm2_s:.3g} cm2/s, Haven ratio {result.haven_ratio:.2f}"
    run = (
        f"{result.mobile_ions} ions, {result.length_ps:.4g} ps analysed after {result.equilibration_ps:.3g} ps of "
        f"equilibration, {result.hops_per_ion:.2f} hops per ion" + (f", {replicas} replicas" if replicas > 1 else "")
    )
    return [
        f"{result.species} (charge {result.charge_e:+g}) at {result.temperature_K:g} K: {run}",
        f"tracer diffusivity  {_interval(result.D_cm2_s, 'cm2/s')}",
        f"  principal values  {values}",
        f"charge diffusivity  {charge}",
        f"conductivity        {_interval(result.sigma_mS_cm, 'mS/cm')} (Nernst-Einstein, tracer)",
    ]


def _interval(estimate: Estimate, unit: str) -> str:
    if estimate.bound is not None:
        return f"< {estimate.high95:.3g} {unit} (upper bound: {estimate.bound})"
    return f"{estimate.mean:.3g} (95 %: {estimate.low95:.3g} to {estimate.high95:.3g}) {unit}"
