"""The Quantum ESPRESSO engine: the relaxation and MD of the ASE engine with pw.x as the calculator.

The same integrators and checkpoints serve it as any potential: a run goes on to the bit from any step, and the
plane waves follow the cell during a relaxation.
"""

import json

from screening.hashed import hashed
from screening.relaxation.relaxation import Provenance
from screening.value import content_hash
from workflows.engines.ase.run import AseEngine
from workflows.engines.ase.settings import AseSettings
from workflows.engines.espresso.settings import EspressoSettings

#: Settings that do not change an energy.
_HOW_IT_RUNS = {
    "executable",
    "launcher",
    "threads",
    "cores",
    "pseudo_dir",
    "scf_walltime_s",
    "mp2020_corrections",
    "cost_ms_per_ion",
}


class EspressoEngine(AseEngine):
    """Relaxes structures and runs MD with pw.x.

    Parameters
    ----------
    settings
        How pw.x is started and what it computes.
    """

    def __init__(self, settings: EspressoSettings) -> None:
        self.espresso = settings
        super().__init__(
            AseSettings(
                calculator="workflows.engines.espresso.inputs.EspressoCalculator",
                arguments=settings.model_dump(mode="json"),
                extra="ase",
                package="ase",
                mp2020_corrections=settings.mp2020_corrections,
                optimizer="BFGS",
                # An SCF costs far more than a checkpoint.
                checkpoint_every_s=0.0,
                stability_settle_steps=20,
                stability_steps=30,
            )
        )

    @property
    def provenance(self) -> Provenance:
        """The version that pw.x must report, pseudopotential files and namelists."""
        chosen = hashed(self.espresso, exclude=_HOW_IT_RUNS)
        return Provenance(
            engine="espresso",
            code="Quantum ESPRESSO",
            version=self.espresso.version,
            energy_key=content_hash("espresso", chosen),
            settings={
                "input_data": json.dumps(self.espresso.input_data, sort_keys=True),
                "pseudopotentials": json.dumps(self.espresso.pseudopotentials, sort_keys=True),
                "kpoint_spacing_per_A": self.espresso.kpoint_spacing_per_A,
                "mp2020_corrections": self.espresso.mp2020_corrections,
            },
        )
