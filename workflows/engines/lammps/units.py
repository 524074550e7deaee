"""LAMMPS' unit styles that measure length in angstrom, in the units of IonSieve."""

from dataclasses import dataclass

from ewald.constants import AVOGADRO_PER_MOL, ELEMENTARY_CHARGE_C

#: Exact by definition: 4184 J per kcal, over Avogadro's number and the elementary charge.
_KCAL_MOL_eV = 4184.0 / (AVOGADRO_PER_MOL * ELEMENTARY_CHARGE_C)
_ATMOSPHERE_GPa = 1.01325e-4
_BAR_GPa = 1e-4


@dataclass(frozen=True)
class Units:
    """What one unit of energy, pressure and time is in eV, GPa and fs; forces are energies per angstrom."""

    energy_eV: float
    pressure_GPa: float
    time_fs: float


UNITS = {
    "metal": Units(energy_eV=1.0, pressure_GPa=_BAR_GPa, time_fs=1000.0),
    "real": Units(energy_eV=_KCAL_MOL_eV, pressure_GPa=_ATMOSPHERE_GPa, time_fs=1.0),
}
