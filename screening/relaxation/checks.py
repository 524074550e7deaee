"""Whether a relaxation's outcome is still the arrangement it started from, and converged.

A calculation that ended normally may still have failed: it ran into its step limit, collapsed, or lost the host's
coordination. Every check records what it measured and its limit.
"""

import numpy as np
from pymatgen.core import Element, Structure

from ewald.numbers import beside, percent_change
from ewald.version import __version__
from screening.campaign.stages import RelaxationStage
from screening.decision import Decision, Stage, Verdict
from screening.relaxation.relaxation import OutcomeCheck, RelaxedStructure
from screening.species import ANIONS, BOND_STRETCH
from screening.value import content_hash

_SHORTEST_SHARE_OF_RADII = 0.5
"""Two ions closer than this share of the sum of their atomic radii have collapsed onto each other."""


def check_relaxation(initial: Structure, relaxed: RelaxedStructure, settings: RelaxationStage) -> RelaxedStructure:
    """Return the relaxed structure with its outcome checks.

    Parameters
    ----------
    initial
        Structure before relaxation, ions in the same order.
    relaxed
        What the engine returned.
    settings
        Limits of the campaign.
    """
    checks = (
        _converged(relaxed, settings),
        _same_ions(initial, relaxed.structure),
        _finite(relaxed),
        _volume(initial, relaxed.structure, settings),
        _cell_shape(initial, relaxed.structure, settings),
        _distances(relaxed.structure),
        _coordination(initial, relaxed.structure, settings),
    )
    return relaxed.model_copy(update={"checks": checks})


def decide_relaxation(relaxed: RelaxedStructure, settings: RelaxationStage, *, campaign: str) -> Decision:
    """Turn a checked relaxation into a line of the ledger.

    Parameters
    ----------
    relaxed
        What :func:`check_relaxation` returned.
    settings
        Limits of the campaign.
    campaign
        Name of the campaign.

    Returns
    -------
    Decision
        It fails when a check failed: with the first one's measurement, and the reasons of all.
    """
    failed = [check for check in relaxed.checks if not check.passed]
    volume = OutcomeCheck(
        name="volume_change", passed=True, measured=relaxed.volume_change, limit=settings.max_volume_change, reason=""
    )
    measured = failed or [check for check in relaxed.checks if check.name == volume.name]
    shown = measured[0] if measured else volume
    quantity, value, unit, threshold = _measured(shown, relaxed, settings)
    reason = (
        "; ".join(check.reason for check in failed)
        if failed
        else f"relaxed in {relaxed.steps} steps, volume {percent_change(relaxed.volume_change)}"
    )
    return Decision(
        campaign=campaign,
        subject=relaxed.id,
        stage=Stage.RELAX,
        quantity=quantity,
        value=value,
        unit=unit,
        threshold=threshold,
        verdict=Verdict.FAIL if failed else Verdict.PASS,
        reason=reason,
        inputs_hash=content_hash(relaxed.structure, relaxed.energy_eV, relaxed.provenance, settings),
        version=__version__,
    )


_UNITS = {
    "energy": "eV",
    "volume_change": "relative",
    "cell_shape": "relative",
    "distances": "share of radii",
    "coordination": "share of bonds",
    "composition": "ions",
}


def _measured(
    check: OutcomeCheck, relaxed: RelaxedStructure, settings: RelaxationStage
) -> tuple[str, float | None, str, float | None]:
    """Return quantity, value, unit and threshold; of convergence the force, or a stress that alone is too large."""
    if check.name != "converged":
        return check.name, check.measured, _UNITS.get(check.name, ""), check.limit
    if _above(relaxed.max_stress_GPa, settings.stress_GPa) and not _above(relaxed.max_force_eV_A, settings.force_eV_A):
        return "largest_stress", relaxed.max_stress_GPa, "GPa", settings.stress_GPa
    return "largest_force", relaxed.max_force_eV_A, "eV/A", settings.force_eV_A


def _above(value: float | None, limit: float) -> bool:
    return value is not None and value > limit


def _converged(relaxed: RelaxedStructure, settings: RelaxationStage) -> OutcomeCheck:
    force = relaxed.max_force_eV_A
    reason = f"converged in {relaxed.steps} steps"
    if not relaxed.converged:
        reason = f"not converged after {relaxed.steps} steps{_what_is_left(relaxed, settings)}"
    return OutcomeCheck(
        name="converged", passed=relaxed.converged, measured=force, limit=settings.force_eV_A, reason=reason
    )


def _what_is_left(relaxed: RelaxedStructure, settings: RelaxationStage) -> str:
    """Name the force and the stress that are still above their thresholds."""
    left = []
    if _above(relaxed.max_force_eV_A, settings.force_eV_A):
        left.append(f"force {beside(relaxed.max_force_eV_A, settings.force_eV_A)} eV/A (limit {settings.force_eV_A:g})")
    if _above(relaxed.max_stress_GPa, settings.stress_GPa):
        left.append(f"stress {beside(relaxed.max_stress_GPa, settings.stress_GPa)} GPa (limit {settings.stress_GPa:g})")
    return f": {', '.join(left)}" if left else ""


def _same_ions(initial: Structure, final: Structure) -> OutcomeCheck:
    before, after = _symbols(initial), _symbols(final)
    same = before == after
    reason = "holds the same ions" if same else f"holds {len(after)} ions in another order or number than {len(before)}"
    return OutcomeCheck(
        name="composition", passed=same, measured=float(len(after)), limit=float(len(before)), reason=reason
    )


def _finite(relaxed: RelaxedStructure) -> OutcomeCheck:
    cell = np.asarray(relaxed.structure.lattice.matrix)
    sound = bool(
        np.isfinite(relaxed.energy_eV)
        and np.isfinite(cell).all()
        and np.isfinite(relaxed.structure.frac_coords).all()
        and abs(np.linalg.det(cell)) > 1e-6
    )
    reason = "energy and positions are numbers" if sound else "energy, cell or positions are not finite numbers"
    measured = float(relaxed.energy_eV) if np.isfinite(relaxed.energy_eV) else None
    return OutcomeCheck(name="energy", passed=sound, measured=measured, limit=None, reason=reason)


def _volume(initial: Structure, final: Structure, settings: RelaxationStage) -> OutcomeCheck:
    change = (final.volume / len(final)) / (initial.volume / len(initial)) - 1
    passed = bool(np.isfinite(change) and abs(change) <= settings.max_volume_change)
    reason = f"volume per ion changed by {percent_change(change)}"
    return OutcomeCheck(
        name="volume_change",
        passed=passed,
        measured=float(change) if np.isfinite(change) else None,
        limit=settings.max_volume_change,
        reason=reason if passed else f"{reason}, more than {settings.max_volume_change:.0%}",
    )


def _cell_shape(initial: Structure, final: Structure, settings: RelaxationStage) -> OutcomeCheck:
    """Compare the principal stretches of the cell with a uniform one: a broken symmetry that ran away shears it."""
    before, after = np.asarray(initial.lattice.matrix), np.asarray(final.lattice.matrix)
    limit = settings.max_volume_change
    if not np.isfinite(after).all():
        return OutcomeCheck(
            name="cell_shape", passed=False, measured=None, limit=limit, reason="the cell is not a number"
        )
    stretches = np.linalg.svd(np.linalg.solve(before, after), compute_uv=False)
    change = float(np.abs(stretches / max(float(np.prod(stretches)), 1e-12) ** (1 / 3) - 1).max())
    reason = f"the cell's shape changed by {change:.1%} in one direction"
    passed = change <= limit
    return OutcomeCheck(
        name="cell_shape",
        passed=passed,
        measured=change,
        limit=limit,
        reason=reason
        if passed
        else f"{reason}, more than {limit:.0%}: the crystal distorted away from its structure type",
    )


def _distances(final: Structure) -> OutcomeCheck:
    distances = np.array(final.distance_matrix)
    radii = np.array([_radius(symbol) for symbol in _symbols(final)])
    share = distances / (radii[:, None] + radii[None, :])
    np.fill_diagonal(share, np.inf)
    if len(final) < 2:
        return OutcomeCheck(name="distances", passed=True, measured=None, limit=None, reason="a single ion")
    i, j = (int(k) for k in np.unravel_index(int(np.argmin(share)), share.shape))
    least = float(share[i, j])
    symbols = _symbols(final)
    reason = f"shortest contact {symbols[i]}-{symbols[j]} {distances[i, j]:.2f} A"
    passed = least >= _SHORTEST_SHARE_OF_RADII
    return OutcomeCheck(
        name="distances",
        passed=passed,
        measured=least if np.isfinite(least) else None,
        limit=_SHORTEST_SHARE_OF_RADII,
        reason=reason if passed else f"{reason}: ions collapsed onto each other",
    )


def _coordination(initial: Structure, final: Structure, settings: RelaxationStage) -> OutcomeCheck:
    """Compare host cation-anion bonds: every cation but the most ionic ones (alkali metals), which are mobile."""
    symbols = _symbols(initial)
    anions = [i for i, symbol in enumerate(symbols) if symbol in ANIONS]
    cations = [i for i, symbol in enumerate(symbols) if symbol not in ANIONS and not Element(symbol).is_alkali]
    limit = settings.max_framework_loss
    if not anions or not cations or _symbols(final) != symbols:
        return OutcomeCheck(
            name="coordination", passed=True, measured=None, limit=limit, reason="no host cation-anion bonds to compare"
        )
    before = np.asarray(initial.distance_matrix)[np.ix_(cations, anions)]
    cutoff = before.min(axis=1) * BOND_STRETCH
    # A uniform change of volume stretches every bond; only bonds lost beyond it count.
    stretch = (final.volume / initial.volume) ** (1 / 3)
    after = np.asarray(final.distance_matrix)[np.ix_(cations, anions)] / max(stretch, 1.0)
    start = (before < cutoff[:, None]).sum(axis=1)
    lost = np.clip(start - (after < cutoff[:, None]).sum(axis=1), 0, None)
    share = float(lost.sum() / start.sum())
    reason = f"{share:.0%} of the host's bonds broke"
    return OutcomeCheck(name="coordination", passed=share <= limit, measured=share, limit=limit, reason=reason)


def _symbols(structure: Structure) -> list[str]:
    return [site.specie.symbol for site in structure]


def _radius(symbol: str) -> float:
    radius = Element(symbol).atomic_radius
    return float(radius) if radius is not None else 1.0
