"""A campaign as the machine of a NIMO loop: it computes what proposals.csv asks for, and answers with results.csv.

The files are those of NIMO's machine `STAN`: `nimo.preparation_input` ends by creating inputs/inputend.txt, and
`nimo.analysis_output` waits for outputs/outputend.txt and then reads outputs/results.csv. The first of these signals is
renamed to the second once the results are written, so that a loop that was killed at any point resumes where it was.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ewald.errors import UserError
from ewald.files.atomic import write_atomic
from workflows.loop.choose import begin
from workflows.loop.nimo_files import (
    NimoRow,
    candidates_csv,
    compositions_csv,
    read_proposals,
    results_csv,
    with_entered,
)
from workflows.loop.situation import situation, table_of
from workflows.recovery.states import work_is_left
from workflows.store.results import CampaignResults

if TYPE_CHECKING:
    from fireworks import LaunchPad

_LOOK_S = 1.0


@dataclass(frozen=True)
class NimoFolder:
    """The files that NIMO and a campaign exchange.

    Attributes
    ----------
    root
        Folder in which NIMO's script runs.
    """

    root: Path

    @property
    def candidates(self) -> Path:
        """What may be computed, with the values that are known; NIMO updates it during a loop."""
        return self.root / "candidates.csv"

    @property
    def proposals(self) -> Path:
        """What NIMO wants computed."""
        return self.root / "proposals.csv"

    @property
    def results(self) -> Path:
        """What was found."""
        return self.root / "outputs" / "results.csv"

    @property
    def asked(self) -> Path:
        """There while the proposals wait for results."""
        return self.root / "inputs" / "inputend.txt"

    @property
    def answered(self) -> Path:
        """There while the results wait for NIMO."""
        return self.root / "outputs" / "outputend.txt"

    def write_table(self, table: Sequence[NimoRow]) -> list[NimoRow]:
        """Write candidates.csv, and compositions.csv, which says which row is which; returns the rows as written.

        Values that another machine or a person entered in a file of the same compositions are kept.

        Raises
        ------
        UserError
            When there is a candidates.csv of other compositions.
        """
        rows = with_entered(table, self.candidates)
        self.root.mkdir(parents=True, exist_ok=True)
        write_atomic(self.candidates, candidates_csv(rows))
        write_atomic(self.root / "compositions.csv", compositions_csv(rows))
        return rows


@dataclass(frozen=True)
class NimoMachine:
    """A submitted campaign that serves a NIMO loop.

    Attributes
    ----------
    folder
        Where the files are exchanged.
    work
        Called while work is left; returns once it has done some or waited a little.
    say
        Called with one line for each step.
    """

    folder: NimoFolder
    results: CampaignResults
    launchpad: "LaunchPad"
    work: Callable[[], None]
    say: Callable[[str], None]

    def prepare(self) -> None:
        """Create the folders and candidates.csv; during a round of NIMO the file is left alone.

        Raises
        ------
        UserError
            When the campaign begins compositions by itself, or candidates.csv is of another one.
        """
        strategy = self.results.entry.campaign.strategy
        if not strategy.waits:
            raise UserError(
                "starts compositions by itself", field="strategy.method", value=strategy.method,
                fix="method: nimo",
            )  # fmt: skip
        for signal in (self.folder.asked, self.folder.answered):
            signal.parent.mkdir(parents=True, exist_ok=True)
        if not self.folder.asked.exists() and not self.folder.answered.exists():
            self.folder.write_table(table_of(self.results))

    def serve(self, rounds: int | None = None) -> None:
        """Answer NIMO's proposals, round after round, until everything is computed.

        Parameters
        ----------
        rounds
            How many at most.

        Raises
        ------
        UserError
            When the proposals cannot be read, or one of them cannot be computed; the next call begins there.
        """
        done = 0
        while (rounds is None or done < rounds) and self._awaited():
            self._answer()
            done += 1

    def _awaited(self) -> bool:
        """Wait for proposals; returns False where none can come, because every composition has a value."""
        while not self.folder.asked.exists():
            if all(row.objective is not None for row in with_entered(table_of(self.results), self.folder.candidates)):
                return False
            time.sleep(_LOOK_S)
        return True

    def _answer(self) -> None:
        table = table_of(self.results)
        proposed = read_proposals(self.folder.proposals, len(table))
        names = [table[action].id for action in proposed]
        self.say(f"proposed: {', '.join(names)}")
        begin(names, self.results, self.launchpad)
        self._compute(names)
        values = {row.id: row.objective for row in table_of(self.results)}
        found = {name: value for name in names if (value := values[name]) is not None}
        write_atomic(self.folder.results, results_csv(found[name] for name in names))
        self.folder.asked.replace(self.folder.answered)
        self.say("found: " + ", ".join(f"{name} {value:.3g}" for name, value in found.items()))

    def _compute(self, names: Sequence[str]) -> None:
        """Wait until each has a value and no work on it is left."""
        while True:
            left = work_is_left(self.launchpad, self.results)
            open_ones = {row.id for row in table_of(self.results) if row.objective is None}
            if left:
                open_ones |= {outlook.id for outlook in situation(self.results).order}
            missing = sorted(open_ones & set(names))
            if not missing:
                return
            if not left:
                raise self._stuck(missing)
            self.work()

    def _stuck(self, missing: Sequence[str]) -> UserError:
        over = situation(self.results).over
        return UserError(
            f"no value, and no work remains{f': {over}' if over else ''}", field="proposals.csv",
            value=", ".join(missing),
            fix="ionsieve status says what failed; repeat it (ionsieve rerun) or raise the budget, then start the loop "
            "again",
        )  # fmt: skip
