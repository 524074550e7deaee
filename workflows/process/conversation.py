"""An external code that stays and takes commands one after the other, so that it loads its model once."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from workflows.process.run_code import end_code, start_code

#: Longest sleep between two looks for an answer; the first looks follow each other at once.
_LONGEST_NAP_s = 0.01
_GRACE_s = 2.0


class Conversation:
    """A code that reads commands from its standard input and answers with files.

    Like :func:`workflows.process.run_code.run_code` it is started without a shell in a process group of its own, which
    is ended as a whole, also when this process is killed.

    Parameters
    ----------
    command, folder
        Program with its arguments, and where it runs.
    log
        File in the folder that takes standard output and standard error.
    environment
        Variables on top of this process' own.
    """

    def __init__(self, command: Sequence[str], folder: Path, *, log: str, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.log = folder / log
        self._start = time.monotonic()
        self._process = start_code(command, folder, log=log, environment=environment, stdin=subprocess.PIPE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def seconds(self) -> float:
        """Since the code was started."""
        return time.monotonic() - self._start

    def ask(self, commands: str, answer: str) -> bool:
        """Give commands and wait for the file that they write last; False when the code ended before.

        Parameters
        ----------
        commands
            Text with all its line ends.
        answer
            Name of a file in the folder that appears when the work is done, whole at once. Removed before.
        """
        path = self.folder / answer
        path.unlink(missing_ok=True)
        assert self._process.stdin is not None  # noqa: S101 - opened above
        try:
            self._process.stdin.write(commands.encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            self._process.wait()
            return path.exists()
        nap_s = 0.0
        while not path.exists():
            if self._process.poll() is not None:
                return path.exists()
            time.sleep(nap_s)
            nap_s = min(nap_s + 1e-4, _LONGEST_NAP_s)
        return True

    def close(self) -> str:
        """End the code and all that it started; return what it wrote."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            try:
                self._process.stdin.close()
                self._process.wait(_GRACE_s)
            except (BrokenPipeError, subprocess.TimeoutExpired):
                pass
            end_code(self._process, self.folder, _GRACE_s)
        return self.log.read_text(encoding="utf-8", errors="replace")
