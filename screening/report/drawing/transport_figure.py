"""Mean squared displacements and the Arrhenius line, as a file for a paper or a talk."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ewald.constants import BOLTZMANN_eV_K
from ewald.errors import UserError
from screening.transport.arrhenius import ArrheniusFit
from screening.transport.conductivity import TransportResult

_KINDS = (".png", ".svg", ".pdf")


def check_figure_name(path: Path) -> None:
    """Refuse a file name that says of no kind of picture.

    Raises
    ------
    UserError
        When the ending is not .png, .svg or .pdf, or the folder does not exist.
    """
    if path.suffix.lower() not in _KINDS:
        raise UserError("is not a picture format", field="plot", value=str(path), fix=f"use {', '.join(_KINDS)}")
    if not path.absolute().parent.is_dir():
        raise UserError("its folder does not exist", field="plot", value=str(path))


def write_figure(results: Sequence[TransportResult], fit: ArrheniusFit | None, path: Path) -> None:
    """Draw the MSD of every temperature and, with a fit, the Arrhenius line; upper bounds as dashed lines and arrows.

    Parameters
    ----------
    results
        One for each temperature.
    fit
        Line through them; None for one temperature.
    path
        File to write: `.png`, `.svg` or `.pdf`.
    """
    from matplotlib.figure import Figure

    check_figure_name(path)
    ordered = sorted(results, key=lambda result: result.temperature_K)
    figure = Figure(figsize=(9.0 if fit else 4.8, 3.8), layout="constrained")
    axes = figure.subplots(1, 2 if fit else 1, squeeze=False)[0]
    _draw_msd(axes[0], ordered)
    if fit is not None:
        _draw_arrhenius(axes[1], ordered, fit)
    figure.savefig(path, dpi=200)


def _draw_msd(axes: Any, results: Sequence[TransportResult]) -> None:
    from matplotlib import colormaps

    colours = colormaps["viridis"](np.linspace(0.0, 0.85, len(results)))
    for result, colour in zip(results, colours, strict=True):
        axes.loglog(result.msd_time_ps, result.msd_A2, color=colour, label=f"{result.temperature_K:g} K")
        time = np.array(result.msd_time_ps)
        # 1 cm2/s is 1e4 A2/ps.
        if result.D_cm2_s.bound is not None:
            label = "its upper bound, 6Dt"
            axes.plot(time, 6 * result.D_cm2_s.high95 * 1e4 * time, color=colour, linestyle="--", label=label)
            continue
        low, high = (6 * D * 1e4 * time for D in (result.D_cm2_s.low95, result.D_cm2_s.high95))
        axes.fill_between(time, low, high, color=colour, alpha=0.25, linewidth=0)
    axes.set(xlabel="lag time (ps)", ylabel="MSD (Å²)", title="MSD, and 6Dt within 95 %")
    axes.set_ylim(bottom=min(min(result.msd_A2) for result in results) / 2)
    axes.legend(frameon=False, loc="upper left")


def _draw_arrhenius(axes: Any, results: Sequence[TransportResult], fit: ArrheniusFit) -> None:
    bounds = [result for result in results if result.sigma_mS_cm.bound is not None]
    results = [result for result in results if result.sigma_mS_cm.bound is None]
    temperature = np.array([result.temperature_K for result in results])
    value = np.array([[r.sigma_mS_cm.low95, r.sigma_mS_cm.mean, r.sigma_mS_cm.high95] for r in results]).T * temperature
    error = [value[1] - value[0], value[2] - value[1]]
    axes.errorbar(1000 / temperature, value[1], _bars(error), fmt="o", color="#222", capsize=3)
    axes.set_yscale("log")
    for result in bounds:
        at, high = 1000 / result.temperature_K, result.sigma_mS_cm.high95 * result.temperature_K
        label = f"{result.temperature_K:g} K: upper bound, {result.sigma_mS_cm.bound}"
        axes.errorbar([at], [high], yerr=[[high / 2], [0]], uplims=True, fmt="_", color="#888", label=label)
    at, sigma = fit.temperature_K, fit.sigma_mS_cm
    axes.errorbar(
        [1000 / at],
        [sigma.mean * at],
        _bars([[(sigma.mean - sigma.low95) * at], [(sigma.high95 - sigma.mean) * at]]),
        fmt="s",
        color="#c44",
        capsize=3,
        label=f"{at:g} K: {sigma.mean:.2g} mS/cm ({sigma.low95:.2g} to {sigma.high95:.2g})",
    )
    ea = fit.activation_energy_eV
    axes.plot([1000 / at, *(1000 / temperature)], _line(fit, [at, *temperature]), color="#888", zorder=0)
    axes.set(
        xlabel="1000 / T (1/K)",
        ylabel="σT (mS K/cm)",
        title=f"Eₐ = {ea.mean:.3f} eV ({ea.low95:.3f} to {ea.high95:.3f})",
    )
    axes.legend(frameon=False)


def _bars(error: Any) -> np.ndarray:
    """Return error bars that are not negative, as medians of skewed posteriors may round to."""
    return np.maximum(np.asarray(error, dtype=float), 0.0)


def _line(fit: ArrheniusFit, temperatures_K: Sequence[float]) -> np.ndarray:
    """Return sigma T on the line through the conductivity at the fit's temperature."""
    inverse = 1 / np.asarray(temperatures_K) - 1 / fit.temperature_K
    slope = fit.activation_energy_eV.mean / BOLTZMANN_eV_K
    return np.asarray(fit.sigma_mS_cm.mean * fit.temperature_K * np.exp(-slope * inverse))
