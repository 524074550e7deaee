"""The simulated powder pattern of a structure."""

from collections.abc import Sequence

from pymatgen.core import Structure

from screening.report.drawing.chart import Chart
from screening.report.html.markup import Markup
from screening.report.html.palette import BLUE

WAVELENGTH = "CuKa"
RANGE_DEGREES = (10.0, 60.0)
LEAST_PERCENT = 0.5
"""Weaker lines are left out."""


def powder_lines(structure: Structure) -> list[tuple[float, float]]:
    """Return (2 theta in degrees, intensity in per cent of the strongest) of the lines of Cu K alpha radiation.

    Source: pymatgen's XRDCalculator, kinematic intensities with Lorentz and polarisation factors, no Debye-Waller
    factors (M. De Graef, M. E. McHenry, Structure of Materials, Cambridge University Press, 2007).
    """
    from pymatgen.analysis.diffraction.xrd import XRDCalculator

    plain = structure.copy()
    plain.remove_oxidation_states()
    pattern = XRDCalculator(wavelength=WAVELENGTH).get_pattern(plain, two_theta_range=RANGE_DEGREES)
    return [(float(x), float(y)) for x, y in zip(pattern.x, pattern.y, strict=True) if y >= LEAST_PERCENT]


def powder_chart(name: str, lines: Sequence[tuple[float, float]]) -> Markup | None:
    """Draw the lines of a powder pattern; None without any."""
    if not lines:
        return None
    chart = Chart(
        f"Powder pattern of {name}",
        "2θ (°), Cu Kα",
        "intensity (%)",
        RANGE_DEGREES,
        [0.0, 100.0],
        y_zero=True,
        width=520,
        height=250,
    )
    chart.sticks(lines, BLUE, name=name)
    return chart.figure(
        f"Simulated for this one relaxed arrangement, lines above {LEAST_PERCENT:g} %. A sample averages over many "
        "arrangements: weak lines of the ordered cell are then absent."
    )
