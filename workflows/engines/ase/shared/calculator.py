"""An ASE calculator whose forces come from a process that several workers share."""

import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import lru_cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, ClassVar

from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes

from ewald.errors import CampaignError
from workflows.engines.ase.calculator import check_allowed, module_file
from workflows.engines.ase.settings import AseSettings
from workflows.engines.ase.shared.messages import Answer, Cell, Reply, Request
from workflows.engines.engine_files import checksum
from workflows.engines.errors import EngineError, FailureReason
from workflows.process.files import exclusive, socket_folder

#: How often a cell is computed again after the server ended over it.
_MOST_ATTEMPTS = 5
_START_TIMEOUT_S = 120.0
_POLL_S = 0.05
#: Variables that say which GPU a process sees, and which job it belongs to.
_PLACE = ("CUDA_VISIBLE_DEVICES", "SLURM_JOB_ID", "PBS_JOBID", "JOB_ID", "PYTHONPATH")


class SharedCalculator(Calculator):
    """Asks a server for energy (eV), forces (eV/A) and stress (eV/A^3).

    All workers of one user on one machine with the same engine, the same GPU and the same queue job share a server,
    which the first of them starts.

    Parameters
    ----------
    settings_json
        Settings of the engine; its calculator is loaded by the server.
    files
        Checksums of the engine's files: another content is another server.

    Attributes
    ----------
    core_seconds
        What the server took for this worker so far.
    """

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces", "stress"]

    def __init__(self, settings_json: str, files: Sequence[str] = ()) -> None:
        super().__init__()
        self.core_seconds = 0.0
        self._settings_json = settings_json
        place = [f"{name}={os.environ.get(name)}" for name in _PLACE]
        identity = "\n".join([self._settings_json, *files, sys.executable, *place])
        self._name = hashlib.sha256(identity.encode()).hexdigest()[:16]
        self._connection: Connection | None = None
        self._wants_stress = True

    def with_stress(self, wanted: bool) -> None:
        """Ask for the stress from now on, or leave it out unless it is asked for by name."""
        self._wants_stress = wanted

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = all_changes,
    ) -> None:
        """Have energy and forces computed, and the stress when it is wanted.

        Raises
        ------
        CampaignError
            When the server cannot use the engine's settings.
        EngineError
            When the potential failed for this cell, or ended the server several times.
        """
        super().calculate(atoms, list(properties), list(system_changes))
        stress = self._wants_stress or "stress" in properties
        answer = self._ask(Cell(self.atoms.numbers, self.atoms.cell.array, self.atoms.positions, stress))
        self.results: dict[str, Any] = {
            "energy": answer.energy_eV,
            "free_energy": answer.energy_eV,
            "forces": answer.forces_eV_A,
        }
        if answer.stress_eV_A3 is not None:
            self.results["stress"] = answer.stress_eV_A3

    def _ask(self, cell: Cell) -> Answer:
        for attempt in range(_MOST_ATTEMPTS):
            try:
                self._connection = self._connection or self._connect()
                self._connection.send_bytes(Request(cell, attempt).packed())
                reply = Reply.read(self._connection.recv_bytes())
            except (EOFError, ConnectionError):
                self.close()
            except BaseException:
                # An answer may still be on its way, and would be taken for that to the next question.
                self.close()
                raise
            else:
                return self._answer_of(reply)
        raise EngineError(
            FailureReason.CRASHED,
            f"the process that computes forces for several workers ended {_MOST_ATTEMPTS} times",
            fix=f"its log is {self._path('log')}; with cells_at_once: 1 each worker computes its own",
        )

    def _answer_of(self, reply: Reply) -> Answer:
        self.core_seconds += reply.core_seconds
        if reply.answer is not None:
            return reply.answer
        if reply.user_error:
            raise CampaignError(reply.error, field="engine.settings")
        raise EngineError(FailureReason.CRASHED, f"the calculator failed: {reply.error}")

    def close(self) -> None:
        """Leave the server."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _path(self, suffix: str) -> Path:
        return socket_folder("engines") / f"{self._name}.{suffix}"

    def _connect(self) -> Connection:
        """Connect to the server, and start it when there is none."""
        with exclusive(self._path("lock")):
            connection = self._connected()
            if connection is not None:
                return connection
            return self._start()

    def _connected(self) -> Connection | None:
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            client.connect(str(self._path("sock")))
        except OSError:
            client.close()
            return None
        return Connection(client.detach())

    def _start(self) -> Connection:
        with self._path("log").open("ab") as log:
            # It serves other workers too, and outlives this one.
            server = subprocess.Popen(
                [sys.executable, "-m", "workflows.engines.ase.shared.server", self._path("sock"), self._settings_json],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline_s = time.monotonic() + _START_TIMEOUT_S
        while server.poll() is None and time.monotonic() < deadline_s:
            connection = self._connected()
            if connection is not None:
                return connection
            time.sleep(_POLL_S)
        raise EngineError(
            FailureReason.CRASHED,
            "the process that computes forces for several workers did not start",
            fix=f"its log is {self._path('log')}",
        )


def shared_calculator(settings: AseSettings) -> SharedCalculator:
    """Return the calculator that this process shares with other workers, connected once.

    Raises
    ------
    CampaignError
        When the calculator's package is not allowed on this machine, or a file is missing.
    """
    check_allowed(settings.calculator)
    module = module_file(settings.calculator)
    files = [Path(path) for path in settings.files.values()] + ([] if module is None else [module])
    return _connected(settings.model_dump_json(), tuple(checksum(file) for file in files))


@lru_cache(maxsize=4)
def _connected(settings_json: str, files: tuple[str, ...]) -> SharedCalculator:
    return SharedCalculator(settings_json, files)
