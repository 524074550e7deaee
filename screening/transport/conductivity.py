"""What was measured in an MD run: values with 95 % intervals, as stored and reported; and Nernst-Einstein."""

from typing import Any

from pydantic import model_validator

from ewald.constants import BOLTZMANN_J_K, ELEMENTARY_CHARGE_C
from screening.estimated import Estimate
from screening.value import Value


class TransportResult(Value):
    """Diffusion analysis of one trajectory at one temperature: what was measured, and no verdict on it.

    The field names are those of `ionsieve diffusivity --json`.

    Attributes
    ----------
    species, temperature_K, mobile_ions
        Mobile element, temperature of the run, number of mobile ions.
    eigenvalues_cm2_s
        Principal values of the tensor, largest first.
    warnings
        What limits the result.
    equilibration_ps, frames
        Time cut from the start, and number of frames analysed.
    hops_per_ion, framework_msd_A2
        Hops counted for each mobile ion, and the mean squared shift of the host cations.
    D_cm2_s
        Tracer diffusivity.
    tensor_cm2_s
        3x3 tracer diffusivity tensor.
    D_charge_cm2_s
        Charge (collective) diffusivity; None when it is not resolved from noise.
    haven_ratio
        Tracer over charge diffusivity.
    sigma_mS_cm
        Nernst-Einstein conductivity from the tracer diffusivity at the run's temperature.
    sigma_charge_mS_cm, sigma_charge_interval_mS_cm
        From the charge diffusivity, alone and with its interval.
    charge_e
        Charge of a mobile ion in the Nernst-Einstein equation; None in results of earlier versions.
    ions_left
        Mobile ions that went further than a cage is wide, see :mod:`screening.transport.motion`; None in earlier ones.
    sound
        False when the run cannot rule a candidate in: it gives only an upper bound (see :class:`Estimate`), or a value
        that does not stand out from motion that leads nowhere.
    framework_intact
        False when host cations left their sites or host bonds broke, see :mod:`screening.transport.framework`.
    msd_time_ps, msd_A2, msd_low95_A2, msd_high95_A2
        Mean squared displacement by lag time, and the 95 % band that the differences between ions give.
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
    warnings: tuple[str, ...]
    length_ps: float
    equilibration_ps: float
    frames: int
    mobile_ions: int
    hops_per_ion: float
    framework_msd_A2: float
    sigma_charge_interval_mS_cm: Estimate | None = None
    charge_e: float | None = None
    ions_left: int | None = None
    sound: bool = True
    framework_intact: bool = True
    msd_time_ps: tuple[float, ...] = ()
    msd_A2: tuple[float, ...] = ()
    msd_low95_A2: tuple[float, ...] = ()
    msd_high95_A2: tuple[float, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _of_record_format_2(cls, content: Any) -> Any:
        """Leave out the verdict on a run alone, which records up to format 2 hold: it decided nothing."""
        if not isinstance(content, dict):
            return content
        kept = {key: value for key, value in content.items() if key not in {"probability_above", "verdict"}}
        return kept | _without_a_hop(kept) if kept.get("hops_per_ion") == 0 else kept


def _without_a_hop(content: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a run without a hop as bounds: earlier versions stored the mean of the prior as a value."""
    names = [name for name in ("D_cm2_s", "sigma_mS_cm") if isinstance(content.get(name), dict)]
    if not names or any("bound" in content[name] for name in names):
        return {}
    none = {"mean": 0.0, "low95": 0.0, "bound": "no hop"}
    return {name: content[name] | none for name in names} | {
        "tensor_cm2_s": ((0.0,) * 3,) * 3,
        "eigenvalues_cm2_s": (0.0,) * 3,
    }


def nernst_einstein_mS_cm(
    D_cm2_s: float, *, ions: int, volume_A3: float, temperature_K: float, charge_e: float = 1.0
) -> float:
    """Return the conductivity sigma = N (z e)^2 D / (V k T) in mS/cm.

    With the tracer diffusivity it neglects correlation between ions; with the charge diffusivity it is exact.
    Source: W. Nernst, Z. Phys. Chem. 2, 613 (1888); A. Einstein, Ann. Phys. 17, 549 (1905); for the two diffusivities
    A. Marcolongo and N. Marzari, Phys. Rev. Mater. 1, 025402 (2017).

    Parameters
    ----------
    D_cm2_s
        Tracer or charge diffusivity.
    ions, volume_A3
        Mobile ions in the cell, and its volume in cubic angstrom.
    temperature_K
        Temperature of the run that gave D.
    charge_e
        Charge of an ion in elementary charges.

    Examples
    --------
    >>> round(nernst_einstein_mS_cm(1e-8, ions=24, volume_A3=1000.0, temperature_K=300.0), 2)
    1.49
    """
    per_m3 = ions / (volume_A3 * 1e-30)
    siemens_per_m = per_m3 * (charge_e * ELEMENTARY_CHARGE_C) ** 2 * D_cm2_s * 1e-4 / (BOLTZMANN_J_K * temperature_K)
    return siemens_per_m * 10
