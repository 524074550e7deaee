"""What an MD run says about transport: values with 95 % intervals, as stored and reported."""

from screening.decision import Verdict
from screening.value import Value


class Estimate(Value):
    """A mean with its 95 % credible interval."""

    mean: float
    low95: float
    high95: float


class TransportResult(Value):
    """Diffusion analysis of one trajectory at one temperature.

    The field names are those of `ionsieve diffusivity --json`.

    Attributes
    ----------
    D_cm2_s
        Tracer diffusivity.
    tensor_cm2_s
        3x3 tracer diffusivity tensor.
    D_charge_cm2_s
        Charge (collective) diffusivity; None when it cannot be told from noise.
    haven_ratio
        Tracer over charge diffusivity.
    sigma_mS_cm
        Nernst-Einstein conductivity from the tracer diffusivity at the run's temperature.
    sigma_charge_mS_cm
        From the charge diffusivity.
    probability_above
        Probability that the conductivity judged exceeds the threshold.
    length_ps
        Production time analysed, after the equilibration cut.
    """

    species: str
    temperature_K: float
    D_cm2_s: Estimate
    tensor_cm2_s: tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
    eigenvalues_cm2_s: tuple[float, float, float]
    D_charge_cm2_s: float | None
    haven_ratio: float | None
    sigma_mS_cm: Estimate
    sigma_charge_mS_cm: float | None
    probability_above: float | None
    verdict: Verdict
    warnings: tuple[str, ...]
    length_ps: float
    equilibration_ps: float
    frames: int
    mobile_ions: int
    hops_per_ion: float
    framework_msd_A2: float
    msd_time_ps: tuple[float, ...] = ()
    msd_A2: tuple[float, ...] = ()
