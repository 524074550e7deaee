"""The sixteen rows of the table: cell, grid, space group, ions, potentials, and what the authors report."""

import gzip
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ewald.pairs import PairModel

# Ions nearer than this share of the sum of their radii exclude one another, where a potential acts between them.
_CLOSEST = 0.75


@dataclass(frozen=True)
class Material:
    """Ions of a formula unit times ``units``, the edge of the cubic cell, potentials and radii."""

    cell_A: float
    ions: dict[str, int]
    charges: dict[str, float]
    pairs: PairModel
    radii_A: dict[str, float]

    def closest_A(self, one: str, other: str) -> float:
        """Least distance of two ions; zero where no potential acts between them."""
        if not self.pairs.between(one, other):
            return 0.0
        return _CLOSEST * (self.radii_A[one] + self.radii_A[other])


@dataclass(frozen=True)
class Row:
    """One row: whose energy and time are those of the authors (energy of the optimum on the grid by GULP)."""

    name: str
    material: Material
    group: int
    grid: int
    their_energy_eV: float
    their_seconds: float

    @property
    def orbits(self) -> NDArray[np.int64]:
        """Orbit of every grid point, shape (grid^3,); the last coordinate runs fastest."""
        return np.array(_orbits()[f"{self.grid}/{self.group}"])


@lru_cache(maxsize=1)
def _orbits() -> dict[str, list[int]]:
    return json.loads(gzip.decompress((Path(__file__).parent / "data" / "orbits.json.gz").read_bytes()))


def _buckingham(sets: dict[str, tuple[float, float, float]]) -> PairModel:
    terms = [
        {"between": [cation, "O"], "buckingham": {"A_eV": A, "rho_A": rho, "C_eV_A6": C}}
        for cation, (A, rho, C) in sets.items()
    ]
    return PairModel.parse({"cutoff_A": 10.0, "terms": terms})


def _pedone(sets: dict[str, tuple[float, float, float, float]]) -> PairModel:
    """Morse and r^-12 terms (A. Pedone et al., J. Phys. Chem. B 110, 11780 (2006))."""
    terms: list[dict[str, object]] = []
    for cation, (D, a, r0, B) in sets.items():
        terms.append({"between": [cation, "O"], "morse": {"D_eV": D, "a_per_A": a, "r0_A": r0}})
        terms.append({"between": [cation, "O"], "inverse_power": {"B_eV": B, "n": 12}})
    return PairModel.parse({"cutoff_A": 15.0, "terms": terms})


_SRTIO = {"Sr": (1952.39, 0.33685, 19.22), "Ti": (4590.7279, 0.261, 0.0), "O": (1388.77, 0.36262, 175.0)}
_YSRTIO = _SRTIO | {"Y": (23000.0, 0.24203, 0.0)}
_MGALO = {"Al": (1725.0, 0.2897, 0.0), "Mg": (1284.38, 0.2997, 0.0), "O": (9547.96, 0.2192, 32.0)}
_GARNET = {
    "Ca": (0.030211, 2.241334, 2.923245, 5.0),
    "Si": (0.340554, 2.0067, 2.1, 1.0),
    "Al": (0.361581, 1.900442, 2.164818, 0.9),
    "O": (0.042395, 1.379316, 3.618701, 22.0),
}
_FORMAL = {"O": -2.0, "Sr": 2.0, "Ti": 4.0, "Y": 3.0, "Mg": 2.0, "Al": 3.0}
_RADII = {"O": 1.35, "Sr": 1.18, "Ti": 0.42, "Y": 0.9}


def _srtio3(multiple: int) -> Material:
    ions = {"Sr": multiple**3, "Ti": multiple**3, "O": 3 * multiple**3}
    return Material(3.9 * multiple, ions, _FORMAL, _buckingham(_SRTIO), _RADII)


_Y2O3 = Material(10.7, {"Y": 32, "O": 48}, _FORMAL, _buckingham(_YSRTIO), _RADII)
_Y2TI2O7 = Material(10.2, {"Y": 16, "Ti": 16, "O": 56}, _FORMAL, _buckingham(_YSRTIO), _RADII)
_MGAL2O4 = Material(
    8.2, {"Mg": 8, "Al": 16, "O": 32}, _FORMAL, _buckingham(_MGALO), {"O": 1.35, "Al": 0.39, "Mg": 0.57}
)
_GROSSULAR = Material(
    11.9,
    {"Ca": 24, "Al": 16, "Si": 24, "O": 96},
    {"Ca": 1.2, "Si": 2.4, "Al": 1.8, "O": -1.2},
    _pedone(_GARNET),
    {"Ca": 1.0, "Al": 0.39, "Si": 0.26, "O": 1.35},
)

ROWS = (
    Row("SrTiO3_1", _srtio3(1), 1, 4, -158.42110134, 3.65889),
    Row("SrTiO3_2", _srtio3(2), 195, 8, -1267.36881068, 21.6303),
    Row("SrTiO3_3", _srtio3(3), 221, 6, -4277.36973605, 2.07107),
    Row("SrTiO3_4", _srtio3(3), 200, 6, -4277.36973605, 53.4743),
    Row("SrTiO3_5", _srtio3(3), 195, 6, -4277.36973605, 5263.52),
    Row("Y2O3_1", _Y2O3, 206, 8, -2100.99867945, 0.0261199),
    Row("Y2O3_2", _Y2O3, 199, 8, -2100.99867945, 11.4819),
    Row("Y2O3_3", _Y2O3, 206, 16, -2100.99867945, 20.5541),
    Row("Y2Ti2O7_1", _Y2TI2O7, 227, 8, -2951.3667175, 0.00803113),
    Row("Y2Ti2O7_2", _Y2TI2O7, 227, 16, -3080.19431055, 0.047164),
    Row("MgAl2O4_1", _MGAL2O4, 227, 8, -1562.6883536, 0.00101709),
    Row("MgAl2O4_2", _MGAL2O4, 227, 16, -1562.6883536, 0.00877881),
    Row("MgAl2O4_3", _MGAL2O4, 196, 8, -1562.6883536, 0.079042),
    Row("MgAl2O4_4", _MGAL2O4, 195, 8, -1577.41740061, 5326.1),
    Row("Ca3Al2Si3O12_1", _GROSSULAR, 230, 16, -1964.33678067, 0.261051),
    Row("Ca3Al2Si3O12_2", _GROSSULAR, 206, 8, -1716.80783402, 0.199329),
)
