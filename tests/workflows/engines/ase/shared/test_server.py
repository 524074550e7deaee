"""Workers that share one potential: real processes, killed on both sides."""

import contextlib
import multiprocessing
import os
import signal
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms

from ewald.errors import CampaignError
from workflows.engines.ase.settings import AseSettings
from workflows.engines.ase.shared.calculator import shared_calculator
from workflows.engines.errors import EngineError

#: A calculator that writes down how many cells it was given; helium ends the process, neon fails, argon takes long.
MINE = """
import os, time
import numpy as np

class Springs:
    def __init__(self, log, most=100):
        self.log, self.most = log, most

    def get_property(self, name, atoms=None, allow_calculation=True):
        return None

    def calculate_many(self, cells, stress):
        if len(cells) > self.most:
            raise MemoryError("no place for so many")
        with open(self.log, "a") as file:
            file.write(f"{os.getpid()} {len(cells)}\\n")
        numbers = {int(z) for atoms in cells for z in atoms.numbers}
        if 2 in numbers:
            os._exit(9)
        if 10 in numbers:
            raise ValueError("no neon")
        time.sleep(1.0 if 18 in numbers else 0.05)
        return [
            {"energy": float((atoms.positions**2).sum()), "forces": -2 * atoms.positions, "stress": np.zeros(6)}
            for atoms in cells
        ]

def springs(**arguments):
    return Springs(**arguments)
"""


@pytest.fixture
def settings(short_folder: Path, monkeypatch):
    """Settings of an engine that a server of this test alone computes for."""
    monkeypatch.setenv("TMPDIR", str(short_folder))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr("tempfile.tempdir", None)
    (short_folder / "mine.py").write_text(MINE)

    def made(**arguments) -> AseSettings:
        return AseSettings(
            calculator=f"{short_folder / 'mine.py'}:springs",
            arguments={"log": str(short_folder / "calls"), **arguments},
            mp2020_corrections=False,
            cells_at_once=8,
        )

    yield made
    end_servers(short_folder, signal.SIGKILL)


def servers(folder: Path) -> list[int]:
    """Processes that serve the workers of this test."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            command = entry.read_bytes()
            if b"workflows.engines.ase.shared.server" in command and str(folder).encode() in command:
                found.append(int(entry.parent.name))
    return found


def end_servers(folder: Path, number: signal.Signals) -> None:
    for pid in servers(folder):
        os.kill(pid, number)


def calls(folder: Path) -> list[int]:
    return [int(line.split()[1]) for line in (folder / "calls").read_text().splitlines()]


def compute(settings: AseSettings, seed: int, times: int, symbol: str = "H2") -> str:
    """Compute some cells as a worker does; returns what went wrong first."""
    atoms = Atoms(symbol, cell=[9.0] * 3, pbc=True, calculator=shared_calculator(settings))
    random = np.random.default_rng(seed)
    for _ in range(times):
        atoms.positions[:] = random.random((len(atoms), 3))
        try:
            energy = atoms.get_potential_energy()
        except EngineError as error:
            return str(error)
        if energy != (atoms.positions**2).sum() or atoms.get_forces().tolist() != (-2 * atoms.positions).tolist():
            return "the answer to another question"
    return f"{len(atoms)} ions"


@pytest.fixture
def workers():
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


def test_workers_share_a_server_that_computes_their_cells_together_and_ends_after_them(settings, short_folder):
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as workers:
        found = [workers.submit(compute, settings(), seed, 20, f"H{seed + 1}") for seed in range(4)]
        assert [one.result() for one in found] == ["1 ions", "2 ions", "3 ions", "4 ions"]
        assert len(servers(short_folder)) == 1
    sizes = calls(short_folder)
    assert sum(sizes) == 80
    assert max(sizes) > 1
    assert len(sizes) < 60, "they were computed together"
    deadline = time.monotonic() + 20
    while servers(short_folder) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not servers(short_folder)


def test_a_server_that_is_killed_is_started_again_by_its_workers(settings, short_folder, workers):
    found = [workers.submit(compute, settings(), seed, 60) for seed in range(3)]
    for _ in range(2):
        before = len(calls(short_folder)) if (short_folder / "calls").exists() else 0
        while not (short_folder / "calls").exists() or len(calls(short_folder)) < before + 5:
            time.sleep(0.05)
        end_servers(short_folder, signal.SIGKILL)
    assert [one.result() for one in found] == ["2 ions"] * 3
    assert len({line.split()[0] for line in (short_folder / "calls").read_text().splitlines()}) == 3


def test_a_worker_that_is_killed_does_not_hold_the_others(settings, short_folder, workers):
    context = multiprocessing.get_context("spawn")
    killed = context.Process(target=compute, args=(settings(), 0, 1000))
    killed.start()
    found = [workers.submit(compute, settings(), seed, 40) for seed in (1, 2)]
    while not (short_folder / "calls").exists() or len(calls(short_folder)) < 5:
        time.sleep(0.05)
    os.kill(killed.pid, signal.SIGKILL)
    assert [one.result() for one in found] == ["2 ions"] * 2


def test_a_server_told_to_end_still_answers_the_workers_that_are_connected(settings, short_folder, workers):
    found = [workers.submit(compute, settings(), seed, 40) for seed in range(2)]
    while not (short_folder / "calls").exists() or len(calls(short_folder)) < 5:
        time.sleep(0.05)
    told = servers(short_folder)
    end_servers(short_folder, signal.SIGTERM)
    assert [one.result() for one in found] == ["2 ions"] * 2
    assert servers(short_folder) == told


def test_what_fails_fails_for_its_own_cell_alone(settings, workers):
    good = [workers.submit(compute, settings(), seed, 30) for seed in range(3)]
    assert "no neon" in workers.submit(compute, settings(), 3, 1, "Ne").result()
    assert [one.result() for one in good] == ["2 ions"] * 3


def test_a_cell_that_ends_the_server_is_found(settings, workers):
    good = [workers.submit(compute, settings(), seed, 40) for seed in range(2)]
    assert "ended 5 times" in workers.submit(compute, settings(), 3, 1, "He").result()
    # By bad luck another cell may have been in the call each time; its stage is tried again.
    assert [one.result() for one in good].count("2 ions") >= 1
    assert compute(settings(), 5, 3) == "2 ions"


def test_too_many_cells_for_the_memory_are_computed_by_halves(settings, short_folder, workers):
    found = [workers.submit(compute, settings(most=2), seed, 20) for seed in range(4)]
    assert [one.result() for one in found] == ["2 ions"] * 4
    assert max(calls(short_folder)) == 2


def test_settings_that_cannot_be_used_are_the_users_mistake(settings):
    wrong = settings(colour="green")
    with pytest.raises(CampaignError, match="colour"):
        compute(wrong, 0, 1)


def test_a_question_that_was_broken_off_leaves_no_answer_to_the_next(settings):
    def interrupt(*_):
        raise KeyboardInterrupt

    calculator = shared_calculator(settings())
    slow, quick = Atoms("Ar", cell=[9.0] * 3, pbc=True), Atoms("H", cell=[9.0] * 3, positions=[[1, 2, 3]], pbc=True)
    slow.calc = quick.calc = calculator
    former = signal.signal(signal.SIGALRM, interrupt)
    try:
        quick.get_potential_energy()
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with pytest.raises(KeyboardInterrupt):
            slow.get_potential_energy()
    finally:
        signal.signal(signal.SIGALRM, former)
    calculator.reset()
    assert quick.get_potential_energy() == 14


def test_the_core_seconds_of_the_server_are_counted(settings):
    calculator = shared_calculator(settings())
    atoms = Atoms("H", cell=[9.0] * 3, pbc=True, calculator=calculator)
    atoms.get_potential_energy()
    assert 0 < calculator.core_seconds < 1
