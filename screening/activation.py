"""The activation energy of a candidate's diffusion, when it ran at several temperatures."""

from screening.arrhenius import arrhenius
from screening.decision import Stage
from screening.dossier import Dossier
from screening.estimated import Estimate


def activation_energy_eV(dossier: Dossier) -> Estimate | None:
    """Return Ea from ln(sigma T) against 1/T with its interval; None with fewer than two temperatures that diffuse.

    Long MD is taken where it has two temperatures, else short MD.
    """
    for stage in (Stage.LONG_MD, Stage.SHORT_MD):
        usable = [result for result in dossier.transport(stage) if result.sigma_mS_cm.mean > 0]
        temperatures = [result.temperature_K for result in usable]
        if len(set(temperatures)) > 1:
            return arrhenius(temperatures, [result.sigma_mS_cm for result in usable]).activation_energy_eV
    return None
