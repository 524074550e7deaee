"""An external program that proposes compositions: candidates.csv in, proposals.csv out, as NIMO defines them."""

import os
import subprocess
import sys
from pathlib import Path

from ewald.errors import UserError
from screening.campaign.strategy import Strategy
from workflows.loop.nimo_files import candidates_csv, read_proposals
from workflows.loop.situation import Situation, table_of
from workflows.process.run_code import end_group
from workflows.store.results import CampaignResults

_LONGEST_S = 600.0


def proposed(found: Situation, results: CampaignResults, room: int) -> list[str]:
    """Return the compositions that the campaign's program, or NIMO, proposes: at most `room`, all of them new.

    Parameters
    ----------
    found
        What is known.
    results
        Of the campaign.
    room
        How many are asked for; the program finds the number in the environment as `IONSIEVE_PROPOSALS`.

    Raises
    ------
    UserError
        When the program fails, or proposes no composition that can be started.
    """
    folder = results.entry.folder / "strategy"
    folder.mkdir(parents=True, exist_ok=True)
    candidates, proposals = folder / "candidates.csv", folder / "proposals.csv"
    table = table_of(results)
    candidates.write_text(candidates_csv(table), encoding="utf-8")
    proposals.unlink(missing_ok=True)
    _call((*_program(found.strategy), str(candidates), str(proposals)), room, folder)
    open_ones = {outlook.id for outlook in found.not_begun}
    names = [table[action].id for action in read_proposals(proposals, len(table))]
    kept = [name for name in dict.fromkeys(names) if name in open_ones][:room]
    if not kept:
        raise UserError("proposes no composition that can be started", file=proposals, field="strategy.command")
    return kept


def _program(strategy: Strategy) -> tuple[str, ...]:
    if strategy.method == "command":
        return strategy.command
    return (sys.executable, "-m", "workflows.loop.nimo_selection", strategy.method.upper())


def _call(command: tuple[str, ...], room: int, folder: Path) -> None:
    try:
        process = subprocess.Popen(
            command, cwd=folder, env=os.environ | {"IONSIEVE_PROPOSALS": str(room)}, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8", errors="replace",
            start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise UserError(f"cannot be started: {error.strerror}", field="strategy.command", value=command[0]) from None
    try:
        _, said = process.communicate(timeout=_LONGEST_S)
    except subprocess.TimeoutExpired:
        raise UserError(f"took more than {_LONGEST_S:g} s", field="strategy.command", value=command[0]) from None
    finally:
        # What it started may still run, and hold its output open.
        end_group(process, 0.0)
    if process.returncode != 0:
        last = (said.strip().splitlines() or [""])[-1]
        raise UserError(f"ended with {process.returncode}: {last}", field="strategy.command", value=command[0])
