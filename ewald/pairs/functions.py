"""Energies of a pair of ions as functions of their distance.

All energies are in eV, all distances in angstrom; every function takes and returns arrays.
"""

from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

_Finite = Annotated[float, Field(allow_inf_nan=False)]
_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class PairFunction(BaseModel):
    """Base of all pair functions; equal parameters make equal functions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @property
    def smallest_A(self) -> float:
        """Distance below which the function is not defined."""
        return 0.0

    @property
    def largest_A(self) -> float:
        """Distance beyond which the function is zero, whatever the cutoff."""
        return float("inf")

    def __call__(self, r_A: NDArray[np.float64]) -> NDArray[np.float64]:
        """Energy in eV of pairs at distances ``r_A``, of the same shape."""
        raise NotImplementedError


class BornMayer(PairFunction):
    """A exp(-r/rho), the repulsion of closed shells (M. Born and J. E. Mayer, Z. Phys. 75, 1 (1932)).

    Examples
    --------
    >>> float(BornMayer(A_eV=1000, rho_A=0.5)(0.0))
    1000.0
    """

    A_eV: _Finite = Field(description="Prefactor")
    rho_A: _Positive = Field(description="Decay length")

    def __call__(self, r_A: NDArray[np.float64]) -> NDArray[np.float64]:
        """Energy in eV."""
        return self.A_eV * np.exp(-np.asarray(r_A) / self.rho_A)


class Buckingham(PairFunction):
    """A exp(-r/rho) - C/r^6 (R. A. Buckingham, Proc. R. Soc. A 168, 264 (1938)).

    It falls to minus infinity at short distances: sites that near must exclude one another (``min_distance_A``).
    """

    A_eV: _Finite = Field(description="Prefactor of the repulsion")
    rho_A: _Positive = Field(description="Its decay length")
    C_eV_A6: _Finite = Field(0.0, description="Prefactor of the attraction")

    def __call__(self, r_A: NDArray[np.float64]) -> NDArray[np.float64]:
        """Energy in eV."""
        r = np.asarray(r_A)
        return self.A_eV * np.exp(-r / self.rho_A) - self.C_eV_A6 / r**6


class Morse(PairFunction):
    """D ((1 - exp(-a (r - r0)))^2 - 1) (P. M. Morse, Phys. Rev. 34, 57 (1929)); -D at r0, zero far away."""

    D_eV: _Finite = Field(description="Depth of the well")
    a_per_A: _Positive = Field(description="Inverse width of the well")
    r0_A: _Positive = Field(description="Distance of the minimum")

    def __call__(self, r_A: NDArray[np.float64]) -> NDArray[np.float64]:
        """Energy in eV."""
        return self.D_eV * ((1 - np.exp(-self.a_per_A * (np.asarray(r_A) - self.r0_A))) ** 2 - 1)


class LennardJones(PairFunction):
    """4 epsilon ((sigma/r)^12 - (sigma/r)^6)."""

    epsilon_eV: _Finite = Field(description="Depth of the well")
    sigma_A: _Positive = Field(description="Distance at which the energy is zero")

    def __call__(self, r_A: NDArray[np.float64]) -> NDArray[np.float64]:
        """Energy in eV."""
        sixth = (self.sigma_A / np.asarray(r_A)) ** 6
        return 4 * self.epsilon_eV * sixth * (sixth - 1)


class InversePower(PairFunction):
    """B (1 angstrom / r)^n: B is the energy at a distance of 1 angstrom."""

    B_eV: _Finite = Field(description="Prefactor")
    n: _Positive = Field(description="Exponent")

    def __call__(self, r_A: NDArray[np.float64]) -> NDArray[np.float64]:
        """Energy in eV."""
        return self.B_eV * np.asarray(r_A, dtype=float) ** -self.n


class Tabulated(PairFunction):
    """Energies at given distances, with straight lines between them; zero beyond the last.

    Parameters
    ----------
    r_A, energy_eV
        The points, distances rising. No pair may be nearer than the first.

    Examples
    --------
    >>> Tabulated(r_A=(2.0, 3.0), energy_eV=(1.0, 0.0))([2.5, 4.0]).tolist()
    [0.5, 0.0]
    """

    r_A: tuple[_Positive, ...] = Field(description="Distances, rising")
    energy_eV: tuple[_Finite, ...] = Field(description="Energies at them")

    @model_validator(mode="after")
    def _points(self) -> Self:
        if len(self.r_A) != len(self.energy_eV) or len(self.r_A) < 2:
            raise ValueError("r_A and energy_eV need the same number of points, at least two")
        if any(b <= a for a, b in zip(self.r_A, self.r_A[1:], strict=False)):
            raise ValueError("the distances of r_A must increase")
        return self

    @property
    def smallest_A(self) -> float:
        """Distance of the first point."""
        return self.r_A[0]

    @property
    def largest_A(self) -> float:
        """Distance of the last point."""
        return self.r_A[-1]

    def __call__(self, r_A: NDArray[np.float64]) -> NDArray[np.float64]:
        """Energy in eV."""
        return np.asarray(np.interp(r_A, self.r_A, self.energy_eV, right=0.0), dtype=np.float64)
