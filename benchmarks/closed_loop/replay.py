"""One replay: a strategy chooses stage by stage, and is told what the landscape holds."""

from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from io import StringIO
from math import log10
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from screening.choice import Goal, Hours, Known, Option, outlooks
from screening.decision import Stage
from workflows.loop.nimo_files import NimoRow, candidates_csv, read_proposals
from workflows.loop.nimo_selection import select
from workflows.loop.situation import objective

SHORT_DECADES, LONG_DECADES = 0.3, 0.1
"""Standard deviations of conductivities from short and long MD."""
NIMO_METHODS = ("physbo", "blox")


@dataclass(frozen=True)
class Landscape:
    """Compositions with all that a campaign would find out about them.

    Attributes
    ----------
    descriptors
        (n, d).
    hull_meV_per_atom, log10_mS_cm
        (n,), the truth.
    goal
        What makes a conductor.
    hours
        What the stages of each cost.
    expected, decades
        (n,), what a model of compositions predicts, with its standard deviation; None without one.
    """

    descriptors: np.ndarray
    hull_meV_per_atom: np.ndarray
    log10_mS_cm: np.ndarray
    goal: Goal
    hours: Sequence[Hours]
    expected: np.ndarray | None = None
    decades: np.ndarray | None = None

    @property
    def conductors(self) -> np.ndarray:
        """Whether each composition is a conductor in truth."""
        near = self.hull_meV_per_atom <= self.goal.hull_meV_per_atom
        return near & (self.log10_mS_cm >= np.log10(self.goal.sigma_mS_cm))

    def best(self, share: float = 0.1) -> set[int]:
        """Return the best share of all compositions: of those near the hull, the fastest."""
        worth = np.where(self.hull_meV_per_atom <= self.goal.hull_meV_per_atom, self.log10_mS_cm, -np.inf)
        return set(np.argsort(-worth)[: max(1, round(share * len(worth)))].tolist())

    def options(self) -> list[Option]:
        """Return the compositions as a strategy sees them before anything is computed."""
        expected = [None] * len(self.descriptors) if self.expected is None else self.expected.tolist()
        options = [
            Option(str(i), tuple(row), hours, log10_mS_cm=value)
            for i, (row, hours, value) in enumerate(zip(self.descriptors.tolist(), self.hours, expected, strict=True))
        ]
        if self.decades is None:
            return options
        return [replace(option, decades=d) for option, d in zip(options, self.decades.tolist(), strict=True)]

    def next_stage(self, index: int, known: Known, rng: np.random.Generator) -> tuple[Known, float]:
        """Compute the next stage of a composition: what is known afterwards, and the core hours spent."""
        hours = self.hours[index]
        if known.stage is Stage.ENUMERATE:
            energy = float(self.hull_meV_per_atom[index])
            return Known(
                energy, stage=Stage.HULL, passed=None if energy <= self.goal.hull_meV_per_atom else False
            ), hours.hull
        short = known.stage is Stage.HULL
        decades = SHORT_DECADES if short else LONG_DECADES
        value = float(self.log10_mS_cm[index] + decades * rng.standard_normal())
        over = value - np.log10(self.goal.sigma_mS_cm)
        # Short MD rejects only what is clearly too slow.
        passed = (False if over < -2 * decades else None) if short else bool(over >= 0)
        stage = Stage.SHORT_MD if short else Stage.LONG_MD
        found = Known(known.hull_meV_per_atom, value, decades, stage, passed)
        return found, hours.short_md if short else hours.long_md


@dataclass(frozen=True)
class Outcome:
    """What a replay took.

    Attributes
    ----------
    evaluations
        Share of the compositions that were begun when the best were found.
    hours
        Share of the core hours of computing everything, then.
    hours_recall
        Share of the core hours of computing everything when 95 % of the conductors were found.
    """

    evaluations: float
    hours: float
    hours_recall: float


def replay(landscape: Landscape, method: str, seed: int, *, batch: int = 4, found_share: float = 0.9) -> Outcome:
    """Replay one campaign until everything is computed.

    Parameters
    ----------
    landscape
        The truth.
    method
        Of :func:`screening.choice.outlooks`; `all` takes one composition after the other, `random` in random order;
        `physbo` and `blox` ask NIMO which composition to start, and finish first what was started.
    seed
        Of the strategy and of the noise of MD.
    batch
        Stages computed between two choices.
    found_share
        Share of the best that have to be found.
    """
    rng = np.random.default_rng(seed)
    options = landscape.options()
    best = landscape.best()
    conductors = set(np.flatnonzero(landscape.conductors).tolist())
    begun: set[int] = set()
    done: set[int] = set()
    spent, at_best, at_recall = 0.0, None, None
    order = _fixed_order(method, len(options), seed)
    for step in range(3 * len(options)):
        if at_best is not None and at_recall is not None:
            break
        draw = seed * 100_003 + step
        chosen = (
            _finish_and_ask_nimo(options, landscape.goal, method, draw, batch)
            if method in NIMO_METHODS
            else _chosen(landscape, options, order, method, draw)
        )
        for index in chosen[:batch]:
            begun.add(index)
            known, hours = landscape.next_stage(index, options[index].known, rng)
            spent += hours
            options[index] = replace(options[index], known=known)
            if known.stage is Stage.LONG_MD or known.passed is not None:
                done.add(index)
        if at_best is None and len(best & done) >= found_share * len(best):
            at_best = (len(begun), spent)
        if at_recall is None and len(conductors & done) >= 0.95 * len(conductors):
            at_recall = spent
    everything = hours_of_all(landscape)
    begun_at, hours_at = at_best or (len(options), everything)
    shares = begun_at / len(options), hours_at / everything, (at_recall or spent) / everything
    return Outcome(*(float(share) for share in shares))


def _fixed_order(method: str, number: int, seed: int) -> list[int] | None:
    """Return the order of a strategy that looks at no result; None for the others."""
    if method == "all":
        return list(range(number))
    return np.random.default_rng(seed).permutation(number).tolist() if method == "random" else None


def _chosen(
    landscape: Landscape, options: Sequence[Option], order: Sequence[int] | None, method: str, seed: int
) -> list[int]:
    """Return the open compositions, the one to compute next first."""
    if order is not None:
        return [index for index in order if options[index].known.passed is None]
    return [int(outlook.id) for outlook in outlooks(options, landscape.goal, method=method, seed=seed)]


def _finish_and_ask_nimo(options: Sequence[Option], goal: Goal, method: str, seed: int, batch: int) -> list[int]:
    """Return a batch: the compositions that were begun and are open, then new ones that NIMO proposes."""
    begun = [index for index, option in enumerate(options) if option.known.stage is not Stage.ENUMERATE]
    unfinished = [index for index in begun if options[index].known.passed is None]
    room = min(batch - len(unfinished), len(options) - len(begun))
    proposed = _proposed(options, goal, method, seed, room) if room > 0 else []
    return unfinished + [index for index in dict.fromkeys(proposed) if index not in begun]


def _proposed(options: Sequence[Option], goal: Goal, method: str, seed: int, number: int) -> list[int]:
    """Return the compositions that NIMO wants to be started, from the table that a campaign would give it."""
    np.random.seed(seed % 2**32)  # noqa: NPY002 - NIMO draws from NumPy's global generator
    rows = [NimoRow(one.id, one.descriptors, objective(one.known, log10(goal.sigma_mS_cm))) for one in options]
    with TemporaryDirectory() as name, redirect_stdout(StringIO()):
        candidates, proposals = Path(name, "candidates.csv"), Path(name, "proposals.csv")
        candidates.write_text(candidates_csv(rows), encoding="utf-8")
        select(method.upper(), candidates, proposals, number)
        return read_proposals(proposals, len(rows))


def hours_of_all(landscape: Landscape) -> float:
    """Return the core hours of computing everything that no filter stops."""
    over = landscape.log10_mS_cm - np.log10(landscape.goal.sigma_mS_cm)
    near = landscape.hull_meV_per_atom <= landscape.goal.hull_meV_per_atom
    return sum(
        hours.hull + near[i] * (hours.short_md + (over[i] >= -2 * SHORT_DECADES) * hours.long_md)
        for i, hours in enumerate(landscape.hours)
    )
