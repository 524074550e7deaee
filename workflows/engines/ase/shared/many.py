"""Energies, forces and stresses of many cells in one call of a potential."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from ase import Atoms
from ase.stress import full_3x3_to_voigt_6_stress

from workflows.engines.ase.protocols import SavesStress
from workflows.engines.ase.shared.messages import Answer, Cell


class ComputesMany(Protocol):
    """Computes several cells at once."""

    def __call__(self, cells: Sequence[Cell], /) -> list[Answer]:
        """Return the answers in the order of the cells."""
        ...


@runtime_checkable
class CalculatesMany(Protocol):
    """An ASE calculator of the user's that can compute several cells in one call of its model."""

    def calculate_many(self, cells: Sequence[Atoms], stress: bool) -> list[dict[str, Any]]:
        """Return for each cell what ASE calls `results`: `energy`, `forces` and, if wanted, `stress`."""
        ...


def computer_of(calculator: Any) -> ComputesMany:
    """Return how a calculator computes several cells: in one call where it can, else one after the other.

    One call serves 7net models of `sevenn.calculator.SevenNetCalculator`, CHGNet, and a :class:`CalculatesMany`.
    """
    if isinstance(calculator, CalculatesMany):
        return _Own(calculator)
    package = type(calculator).__module__.partition(".")[0]
    if package == "sevenn" and getattr(calculator, "modal", None) is None and hasattr(calculator, "model"):
        return _SevenNet(calculator)
    if hasattr(calculator, "model") and hasattr(calculator.model, "predict_graph"):
        return _CHGNet(calculator)
    return _OneByOne(calculator)


class _OneByOne:
    def __init__(self, calculator: Any) -> None:
        self._calculator = calculator

    def __call__(self, cells: Sequence[Cell]) -> list[Answer]:
        return [self._one(cell) for cell in cells]

    def _one(self, cell: Cell) -> Answer:
        calculator, atoms = self._calculator, cell.atoms
        if isinstance(calculator, SavesStress):
            calculator.with_stress(cell.stress)
        # Results of almost equal positions, those of another worker's cell, would be taken for this one's.
        calculator.reset()
        atoms.calc = calculator
        stress = np.array(atoms.get_stress()) if cell.stress else None
        return Answer(float(atoms.get_potential_energy()), np.array(atoms.get_forces(), dtype=np.float64), stress)


class _Own:
    def __init__(self, calculator: CalculatesMany) -> None:
        self._calculator = calculator

    def __call__(self, cells: Sequence[Cell]) -> list[Answer]:
        wanted = any(cell.stress for cell in cells)
        found = self._calculator.calculate_many([cell.atoms for cell in cells], wanted)
        return [
            Answer(
                float(results["energy"]),
                np.array(results["forces"], dtype=np.float64),
                np.array(results["stress"], dtype=np.float64) if cell.stress else None,
            )
            for cell, results in zip(cells, found, strict=True)
        ]


class _SevenNet:
    """SevenNet: the graphs of all cells as one graph of several parts."""

    def __init__(self, calculator: Any) -> None:
        self._cutoff = calculator.cutoff
        self._device = calculator.device
        self._model = calculator.model

    def __call__(self, cells: Sequence[Cell]) -> list[Answer]:
        from sevenn import _keys as key
        from sevenn.atom_graph_data import AtomGraphData
        from sevenn.train.dataload import unlabeled_atoms_to_graph
        from torch_geometric.data import Batch

        graphs = [AtomGraphData.from_numpy_dict(unlabeled_atoms_to_graph(cell.atoms, self._cutoff)) for cell in cells]
        self._model.set_is_batch_data(True)
        try:
            output = self._model(Batch.from_data_list(graphs).to(self._device))
        finally:
            # The calculator itself takes one cell.
            self._model.set_is_batch_data(False)
        energies, forces, stresses = (
            output[name].detach().cpu().numpy().astype(np.float64)
            for name in (key.PRED_TOTAL_ENERGY, key.PRED_FORCE, key.PRED_STRESS)
        )
        ends = np.cumsum([len(cell.numbers) for cell in cells])
        return [
            # SevenNet's order is xx, yy, zz, xy, yz, zx, and its sign that of the pressure.
            Answer(float(energies[n]), part, -stresses[n][[0, 1, 2, 4, 5, 3]] if cell.stress else None)
            for n, (cell, part) in enumerate(zip(cells, np.split(forces, ends[:-1]), strict=True))
        ]


class _CHGNet:
    """CHGNet, whose model takes a list of graphs."""

    def __init__(self, calculator: Any) -> None:
        self._model = calculator.model
        self._stress_weight = calculator.stress_weight

    def __call__(self, cells: Sequence[Cell]) -> list[Answer]:
        from pymatgen.io.ase import AseAtomsAdaptor

        graphs = [self._model.graph_converter(AseAtomsAdaptor.get_structure(cell.atoms)) for cell in cells]
        task = "efs" if any(cell.stress for cell in cells) else "ef"
        found = self._model.predict_graph(graphs, task=task, batch_size=len(graphs))
        return [self._answer(cell, one) for cell, one in zip(cells, [found] if len(cells) == 1 else found, strict=True)]

    def _answer(self, cell: Cell, found: dict[str, Any]) -> Answer:
        ions = len(cell.numbers) if self._model.is_intensive else 1
        stress = None
        if cell.stress:
            full = np.array(found["s"], dtype=np.float64) * self._stress_weight
            stress = full_3x3_to_voigt_6_stress(full)
        return Answer(float(found["e"]) * ions, np.array(found["f"], dtype=np.float64), stress)
