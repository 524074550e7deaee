"""A run that is written in every format, and how its frames are laid out in rows."""

from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np

FRAME_FS = 100.0
STEP_FS = 2.0
EVERY = 50
FLAGS = {"timestep_fs": STEP_FS, "every": EVERY}
SYMBOLS = ["Li"] * 24 + ["P"] * 4 + ["S"] * 20 + ["Cl"] * 4


@dataclass(frozen=True)
class Run:
    """Unwrapped positions (F, N, 3) in a cell (3, 3)."""

    path_A: np.ndarray
    cell_A: np.ndarray
    symbols: tuple[str, ...]

    @property
    def wrapped_A(self):
        scaled = self.path_A @ np.linalg.inv(self.cell_A)
        return (scaled - np.floor(scaled)) @ self.cell_A

    @property
    def scaled(self):
        scaled = self.path_A @ np.linalg.inv(self.cell_A)
        return scaled - np.floor(scaled)

    @property
    def images(self):
        return np.floor(self.path_A @ np.linalg.inv(self.cell_A)).astype(int)

    @property
    def types(self):
        kinds = list(dict.fromkeys(self.symbols))
        return np.array([kinds.index(symbol) + 1 for symbol in self.symbols])

    @property
    def kinds(self):
        return list(dict.fromkeys(self.symbols))

    def poscar(self, path: Path) -> Path:
        groups = [(kind, len(list(same))) for kind, same in groupby(self.symbols)]
        rows = [" ".join(f"{x:.10f}" for x in row) for row in (*self.cell_A, *self.scaled[0])]
        text = ["run", "1.0", *rows[:3], *(" ".join(map(str, words)) for words in zip(*groups, strict=True))]
        text += ["Direct", *rows[3:]]
        path.write_text("\n".join(text) + "\n")
        return path


def argyrodite(frames: int = 120, seed: int = 0, hops_per_ps: float = 1.2) -> Run:
    """Li6PS5Cl: Li hops by 2.4 A on a lattice of its own between vibrating PS4 groups."""
    rng = np.random.default_rng(seed)
    edge = 10.0
    fcc = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    tetrahedron = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) * 0.118
    phosphorus = fcc + 0.5
    sulfur = np.concatenate([(phosphorus[:, None] + tetrahedron).reshape(-1, 3), fcc + 0.25])
    octahedron = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]]) * 0.245
    lithium = ((fcc + 0.25)[:, None] + octahedron).reshape(-1, 3)
    start = np.concatenate([lithium, phosphorus, sulfur, fcc]) * edge
    hops = np.minimum(rng.poisson(hops_per_ps * FRAME_FS / 1000, (frames, 24)), 1)
    hops[0] = 0
    axes = np.eye(3)[rng.integers(3, size=(frames, 24))] * rng.choice([-2.4, 2.4], (frames, 24, 1))
    path = np.repeat(start[None], frames, axis=0)
    path[:, :24] += np.cumsum(hops[..., None] * axes, axis=0)
    path += rng.normal(0, 0.12, path.shape)
    return Run(path, np.eye(3) * edge, tuple(SYMBOLS))


def tilted(run: Run) -> Run:
    """The same in a sheared cell that lies anyhow, of about the same size."""
    cell = run.cell_A @ np.array([[1.0, 0.0, 0.0], [0.11, 0.99, 0.0], [-0.08, 0.07, 1.01]])
    turn, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))
    cell = cell @ (turn * np.sign(np.linalg.det(turn)))
    return Run(run.path_A @ np.linalg.inv(run.cell_A) @ cell, cell, run.symbols)


def images_of_ase(run: Run, *, wrapped: bool = True):
    from ase import Atoms

    positions = run.wrapped_A if wrapped else run.path_A
    return [Atoms(list(run.symbols), positions=frame, cell=run.cell_A, pbc=True) for frame in positions]


def lines_of(*columns) -> str:
    return "".join(" ".join(map(str, row)) + "\n" for row in zip(*columns, strict=True))


def xyz_rows(symbols, positions) -> str:
    return "".join(f"{s} {x:.8f} {y:.8f} {z:.8f}\n" for s, (x, y, z) in zip(symbols, positions, strict=True))


def with_a_along_x(run: Run):
    """The run with a along x and b in the xy plane, as LAMMPS and lengths with angles want it."""
    from screening.trajectory.formats.frame import cell_of_parameters

    lengths = np.linalg.norm(run.cell_A, axis=1)
    unit = run.cell_A / lengths[:, None]
    cosines = np.array([unit[1] @ unit[2], unit[0] @ unit[2], unit[0] @ unit[1]])
    cell = cell_of_parameters(lengths, np.degrees(np.arccos(np.clip(cosines, -1, 1))))
    return replace(run, path_A=run.path_A @ np.linalg.inv(run.cell_A) @ cell, cell_A=cell)
