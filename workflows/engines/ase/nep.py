"""Neuroevolution potentials (NEP) of a model file, run by the package nep-adapters, which is installed separately.

Z. Fan et al., Phys. Rev. B 104, 104309 (2021). Package and published models are under the GPL; nothing of them is part
of IonSieve. The package has an ASE calculator of its own; this one saves what MD need not do at every step, a sixth of
the time of a step with 128 ions.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.stress import full_3x3_to_voigt_6_stress

from ewald.errors import CampaignError

_FULLY_PERIODIC = (1, 1, 1)


class NEP(Calculator):
    """A NEP model as an ASE calculator: energy (eV), forces (eV/A), stress (eV/A^3) of periodic cells.

    Parameters
    ----------
    model_file
        The model (`nep.txt` of GPUMD).
    device
        `cpu`, `cuda`, or `auto` for a GPU when there is one.

    Attributes
    ----------
    supported_elements
        Those that the model was fitted to.

    Raises
    ------
    CampaignError
        When the file holds no such model.
    """

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces", "stress"]

    def __init__(self, model_file: str, device: str = "auto") -> None:
        super().__init__()
        from nep_adapters.calculator import NEPCalculator
        from nep_adapters.errors import NepAdaptersError
        from nep_adapters.runtime import backend_status

        if device == "auto":
            device = "cuda" if backend_status("cuda").available else "cpu"
        try:
            self.runner = NEPCalculator(model_file, backend=device)
        except NepAdaptersError as error:
            raise CampaignError(
                f"cannot be used as a NEP model on {device} ({error})",
                file=model_file,
                field="engine.settings.files.model_file",
                fix="give the nep.txt of a trained model, and a device that there is",
            ) from error
        self.supported_elements = frozenset(self.runner.element_list)
        self._wants_stress = True

    def with_stress(self, wanted: bool) -> None:
        """Compute the stress from now on, or leave it out unless it is asked for by name."""
        self._wants_stress = wanted

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = all_changes,
    ) -> None:
        """Compute energy and forces, and the stress when it is wanted."""
        if atoms is not None and list(system_changes) == ["positions"] and self.atoms is not None:
            self.atoms.positions[:] = atoms.positions
        elif atoms is not None:
            super().calculate(atoms, list(properties), list(system_changes))
            self._describe(atoms)
        atoms = self.atoms
        positions = np.ascontiguousarray(atoms.positions)
        energies, forces, virials = self.runner.model.calculate(
            self._types, self._box, positions, self._count, _FULLY_PERIODIC
        )
        energy = float(np.sum(energies))
        self.results: dict[str, Any] = {"energy": energy, "free_energy": energy, "forces": np.asarray(forces)}
        if self._wants_stress or "stress" in properties:
            # GPUMD's virial grows with pressure; ASE's stress is the slope of the energy with strain.
            total = np.asarray(virials).sum(axis=0).reshape(3, 3)
            self.results["stress"] = full_3x3_to_voigt_6_stress(-total / atoms.get_volume())

    def _describe(self, atoms: Atoms) -> None:
        """Take up species and cell; MD changes neither."""
        kinds = self.runner.type_dict
        self._types = np.array([kinds[symbol] for symbol in atoms.get_chemical_symbols()], dtype=np.int32)
        self._box = np.ascontiguousarray(atoms.cell.array.T.reshape(9))
        self._count = np.array([len(atoms)], dtype=np.int32)
