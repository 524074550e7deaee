"""An external program that starts in milliseconds, run by the Quantum ESPRESSO engine like pw.x itself.

The program is a process of its own that a kill can hit; it asks a server, which has everything imported, for the toy
potential's answer to its input, and writes it in two halves.
"""

import contextlib
import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path

from tests.workflows.engines.espresso import stand_in

ELEMENTS = ("Na", "S", "Sb", "W")
PROGRAM = """#!{python} -SEs
import socket, sys, time
with open("run.in", "rb") as stream:
    asked = stream.read()
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect({address!r})
    connection.sendall(asked)
    connection.shutdown(socket.SHUT_WR)
    answer = b""
    while block := connection.recv(65536):
        answer += block
half = len(answer) // 2
for part in (answer[:half], answer[half:]):
    sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()
    time.sleep(0.01)
"""


class ExternalCode:
    """The program, its pseudopotentials and its server.

    Parameters
    ----------
    context
        Where the server's process comes from.
    """

    def __init__(self, context):
        self.folder = Path(tempfile.mkdtemp(prefix="is-code-", dir="/tmp"))
        address = str(self.folder / "socket")
        self.program = self.folder / "pw.x"
        self.program.write_text(PROGRAM.format(python=sys.executable, address=address))
        self.program.chmod(0o755)
        for element in ELEMENTS:
            (self.folder / f"{element}.upf").write_text("stand-in")
        self.server = context.Process(target=serve, args=(address, os.getpid()), daemon=True)
        self.server.start()

    @property
    def changes(self):
        """What a campaign has to say to use it.

        Its relaxations are over after one evaluation: the toy potential's are those that are cut off on their way.
        """
        settings = {
            "executable": str(self.program),
            "pseudo_dir": str(self.folder),
            "pseudopotentials": {element: f"{element}.upf" for element in ELEMENTS},
            "input_data": {},
            "kpoint_spacing_per_A": None,
        }
        loose = {"force_eV_A": 1000.0, "stress_GPa": 1000.0, "prerelax_force_eV_A": None, "max_steps": 2}
        return {
            "engine": {"preset": "espresso", "settings": settings},
            "relax": loose | {"max_volume_change": 0.9, "max_framework_loss": 1},
        }

    def close(self):
        self.server.kill()
        self.server.join()
        shutil.rmtree(self.folder, ignore_errors=True)


def serve(address, parent):
    """Answer inputs until the parent ends."""
    from workflows.workers.worker import die_with

    with contextlib.suppress(SystemExit):
        die_with(parent)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(16)
        while True:
            connection, _ = listener.accept()
            # Who asks may be killed at any moment.
            with connection, contextlib.suppress(OSError):
                asked = b""
                while block := connection.recv(65536):
                    asked += block
                if asked:
                    connection.sendall(stand_in.answer(asked.decode()).encode())
