"""How the ions move, as a figure: radial distributions, van Hove functions, displacements and jumps."""

from pathlib import Path
from typing import Any

import numpy as np

from screening.mechanism.result import Mechanism
from screening.report.drawing.transport_figure import check_figure_name
from screening.species import split_species


def write_mechanism_figure(found: Mechanism, path: Path) -> None:
    """Draw g(r), both van Hove functions, the MSD by element and by direction, and the lengths of the jumps.

    Parameters
    ----------
    found
        The mechanism of one run.
    path
        File to write: `.png`, `.svg` or `.pdf`.
    """
    from matplotlib.figure import Figure

    check_figure_name(path)
    figure = Figure(figsize=(12.0, 7.0), layout="constrained")
    axes = figure.subplots(2, 3)
    element = split_species(found.species)[0]
    _draw_radial(axes[0][0], found, element)
    _draw_van_hove(axes[0][1], axes[0][2], found, element)
    _draw_msd(axes[1][0], axes[1][1], found, element)
    _draw_jumps(axes[1][2], found)
    figure.suptitle(f"{found.species} at {found.temperature_K:g} K, {found.length_ps:.4g} ps")
    figure.savefig(path, dpi=150)


def _draw_radial(axes: Any, found: Mechanism, element: str) -> None:
    for one in found.radial:
        if element in one.elements:
            axes.plot(one.r_A, one.g, linewidth=1.2, label="–".join(sorted(one.elements, key=lambda e: e != element)))
    axes.set(xlabel="r (Å)", ylabel="g(r)", title="Radial distribution", xlim=(0, 8), ylim=(0, None))
    axes.legend(frameon=False)


def _draw_van_hove(alone: Any, others: Any, found: Mechanism, element: str) -> None:
    from matplotlib import colormaps

    known = found.van_hove
    if known is None:
        return
    colours = colormaps["viridis"](np.linspace(0.0, 0.85, len(known.lag_ps)))
    for time, mine, theirs, colour in zip(known.lag_ps, known.self_per_A, known.distinct, colours, strict=True):
        alone.plot(known.r_A, mine, color=colour, linewidth=1.2, label=f"{time:.3g} ps")
        others.plot(known.r_A, theirs, color=colour, linewidth=1.2, label=f"{time:.3g} ps")
    # The narrow peak of the shortest time would hide what comes later.
    later = max((max(row) for row in known.self_per_A[1:]), default=0.0)
    alone.set(
        xlabel="r (Å)", ylabel="4πr² G$_s$(r, t) (1/Å)", title=f"How far {element} has moved (van Hove)", xlim=(0, 8)
    )
    alone.set_ylim(0, 1.5 * later or None)
    others.set(
        xlabel="r (Å)",
        ylabel="G$_d$(r, t) / mean",
        title=f"Other {element} where one was (van Hove)",
        xlim=(0, 8),
    )
    others.set_ylim(0, None)
    for axes in (alone, others):
        axes.legend(frameon=False)


def _draw_msd(by_element: Any, by_direction: Any, found: Mechanism, element: str) -> None:
    for one in found.elements:
        by_element.loglog(one.lag_ps, one.msd_A2, label=one.element, linewidth=2.0 if one.element == element else 1.2)
        if one.element == element:
            for name, along in zip("abc", one.along_A2, strict=True):
                by_direction.plot(one.lag_ps, along, label=f"along {name}", linewidth=1.2)
    by_element.set(xlabel="lag time (ps)", ylabel="MSD (Å²)", title="MSD by element")
    by_direction.set(xlabel="lag time (ps)", ylabel="MSD (Å²)", title=f"MSD of {element} by direction")
    for axes in (by_element, by_direction):
        axes.legend(frameon=False)


def _draw_jumps(axes: Any, found: Mechanism) -> None:
    lengths = np.array([rate.distance_A for rate in found.rates])
    counts = np.array([rate.jumps for rate in found.rates])
    if len(lengths):
        axes.hist(lengths, bins=np.arange(0, lengths.max() + 0.2, 0.1), weights=counts, color="#447", alpha=0.8)
    for kind in found.jump_types:
        axes.axvline(kind.distance_A, color="#c44", linewidth=0.8, linestyle="--")
    axes.set(xlabel="length (Å)", ylabel="jumps per 0.1 Å", title="Jumps by length; dashed: types")
