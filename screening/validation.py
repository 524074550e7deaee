"""A fast engine against a better one: forces and energies of the same frames of a run, and whether to trust the run.

Diffusion follows from the forces on the mobile ions and on the framework that they hop through, so both are compared
apart. Energies of two engines have different zeros; only what changes along the run counts.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ewald.errors import UserError
from ewald.numbers import beside, significant
from ewald.version import __version__
from screening.campaign.stages import Validation
from screening.decision import Decision, Stage, Verdict
from screening.hashed import hashed
from screening.value import Value, content_hash

Floats = NDArray[np.float64]


class ForceAgreement(Value):
    """Forces of two engines on one group of ions.

    Attributes
    ----------
    error_eV_A
        Mean absolute difference of the components.
    correlation
        Pearson's, of the components; None when one engine gives no forces that vary.
    typical_eV_A
        Mean absolute component with the better engine.
    """

    group: str
    ions: int
    error_eV_A: float
    correlation: float | None
    typical_eV_A: float


class ValidationRecord(Value):
    """What the frames of a candidate's runs say about the engine that made them.

    Attributes
    ----------
    engine, better
        Names of the two engines in the campaign.
    temperature_K, time_ps, energy_difference_meV_atom
        Of each frame (F,): its run, its time, and the better engine's energy less the other's, mean taken off.
    agreements
        Mobile ions, then the framework.
    energy_rms_meV_atom
        Spread of the energy difference.
    """

    candidate_id: str
    engine: str
    better: str
    temperature_K: tuple[float, ...]
    time_ps: tuple[float, ...]
    energy_difference_meV_atom: tuple[float, ...]
    energy_rms_meV_atom: float
    agreements: tuple[ForceAgreement, ...]
    core_seconds: float = 0.0


def agreement(group: str, fast_eV_A: Floats, better_eV_A: Floats) -> ForceAgreement:
    """Compare forces (F, N, 3) of two engines on a group of ions.

    Parameters
    ----------
    group
        What the ions are called.
    fast_eV_A, better_eV_A
        Forces on the same ions in the same frames.

    Raises
    ------
    UserError
        When the shapes differ or there is nothing to compare.
    """
    if fast_eV_A.shape != better_eV_A.shape or not fast_eV_A.size:
        raise UserError("forces of the same ions are needed", value=f"{fast_eV_A.shape} and {better_eV_A.shape}")
    fast, better = fast_eV_A.ravel(), better_eV_A.ravel()
    varies = fast.std() > 0 and better.std() > 0
    return ForceAgreement(
        group=group,
        ions=fast_eV_A.shape[1],
        error_eV_A=float(np.abs(fast - better).mean()),
        correlation=float(np.corrcoef(fast, better)[0, 1]) if varies else None,
        typical_eV_A=float(np.abs(better).mean()),
    )


def doubts(record: ValidationRecord, rule: Validation) -> tuple[str, ...]:
    """Return what makes a run doubtful, each as a phrase; empty for one to be trusted."""
    found = []
    for item in record.agreements:
        error, most = item.error_eV_A, rule.max_force_error_eV_A
        if error > most:
            found.append(f"forces on {item.group} differ by {beside(error, most)} eV/A on average, more than {most:g}")
        if item.correlation is None or item.correlation < rule.min_correlation:
            found.append(
                f"forces on {item.group} correlate by {beside(item.correlation, rule.min_correlation)} only, less than "
                f"{rule.min_correlation:g}"
            )
    limit = rule.max_energy_error_meV_atom
    if limit is not None and record.energy_rms_meV_atom > limit:
        drift = beside(record.energy_rms_meV_atom, limit)
        found.append(f"energies drift apart by {drift} meV/atom along the run, more than {limit:g}")
    return tuple(found)


def agreement_phrases(agreements: Sequence[ForceAgreement]) -> str:
    """Say how forces agree, in one phrase."""
    return ", ".join(
        f"forces on {item.group} differ by {significant(item.error_eV_A, 2)} of {significant(item.typical_eV_A, 2)} "
        f"eV/A (correlation {significant(item.correlation, 2)})"
        for item in agreements
    )


def decide_validation(record: ValidationRecord, rule: Validation, *, campaign: str) -> Decision:
    """Turn a validation into a line of the ledger: `pass` is trusted, `undecided` is doubtful; none fails by it.

    Parameters
    ----------
    record
        What was compared.
    rule
        Thresholds, from the campaign.
    campaign
        Its name.
    """
    doubtful = doubts(record, rule)
    worst = max(item.error_eV_A for item in record.agreements)
    seen = "doubtful: " + "; ".join(doubtful) if doubtful else f"trusted: {agreement_phrases(record.agreements)}"
    return Decision(
        campaign=campaign,
        subject=record.candidate_id,
        stage=Stage.VALIDATION,
        quantity="force_error",
        value=worst,
        unit="eV/A",
        threshold=rule.max_force_error_eV_A,
        verdict=Verdict.UNDECIDED if doubtful else Verdict.PASS,
        reason=f"{record.engine} against {record.better}: {seen}",
        inputs_hash=content_hash(record, hashed(rule, exclude={"on_doubt"})),
        version=__version__,
    )


class ModelError(Value):
    """How far the conductivities of two engines lie apart, beside the statistical error of each.

    Attributes
    ----------
    factor
        The larger conductivity over the smaller.
    low95_mS_cm, high95_mS_cm
        The interval of the better engine, widened on both sides by that factor.
    """

    factor: float
    low95_mS_cm: float
    high95_mS_cm: float


def model_error(decided: Decision | None, better: Decision | None) -> ModelError | None:
    """Compare two judged conductivities of one candidate; None when one is missing or a bound.

    Examples
    --------
    >>> line = dict(campaign="c", subject="x", stage="long_md", quantity="conductivity", unit="mS/cm", threshold=1,
    ...             verdict="pass", reason="", inputs_hash="", version="1")
    >>> found = model_error(Decision(value=2, low95=1, high95=3, **line), Decision(value=4, low95=3, high95=5, **line))
    >>> found.factor, found.low95_mS_cm, found.high95_mS_cm
    (2.0, 1.5, 10.0)
    """
    if decided is None or better is None or not decided.value or not better.value:
        return None
    if better.low95 is None or better.high95 is None:
        return None
    factor = max(decided.value / better.value, better.value / decided.value)
    return ModelError(factor=factor, low95_mS_cm=better.low95 / factor, high95_mS_cm=better.high95 * factor)
