"""Workers that start in milliseconds: forked from a process that has imported everything and never used a thread.

A kill costs a real worker three seconds of imports; here it costs nothing, so that hundreds of kills fit in minutes.
What runs in the fork is `workflows.workers.worker` as it is.
"""

import os
import signal
import socket
import sys
import traceback
from pathlib import Path

from workflows.workers.local_workers import LocalWorkers


class ForkedProcess:
    """What `LocalWorkers` needs of a process, asked of the zygote that forked it."""

    def __init__(self, zygote, pid):
        self.zygote = zygote
        self.pid = pid
        self.returncode = None

    def poll(self):
        if self.returncode is None:
            answer = self.zygote.ask(f"poll {self.pid}")
            self.returncode = None if answer == "alive" else int(answer)
        return self.returncode

    def wait(self, timeout=None):
        import subprocess
        import time

        end = time.monotonic() + (timeout or 60)
        while self.poll() is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("worker", timeout or 60)
            time.sleep(0.02)
        return self.returncode

    def terminate(self):
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)


class Zygote:
    """The process that forks workers; it dies with the process that made it."""

    def __init__(self):
        ours, theirs = socket.socketpair()
        parent = os.getpid()
        # Ctrl-C in the midst of Python's own work around a fork would be printed and lost.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        self.pid = os.fork()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if self.pid == 0:
            ours.close()
            _serve(theirs, parent)
        theirs.close()
        self.stream = ours.makefile("rw", buffering=1)
        self.connection = ours

    def ask(self, question):
        self.stream.write(question + "\n")
        self.stream.flush()
        return self.stream.readline().strip()


class ForkedWorkers(LocalWorkers):
    """Local workers that come from a zygote."""

    zygote: Zygote

    def _popen(self, command, environment, stream):
        arguments = " ".join(command[3:])
        return ForkedProcess(self.zygote, int(self.zygote.ask(f"spawn {stream.name} {arguments}")))


def _serve(connection, parent):
    from workflows.workers.worker import die_with

    die_with(parent)
    stream = connection.makefile("rw", buffering=1)
    ended = {}
    for line in stream:
        word, *rest = line.split()
        if word == "spawn":
            pid = os.fork()
            if pid == 0:
                connection.close()
                _become_worker(rest[0], rest[1:])
            stream.write(f"{pid}\n")
        else:
            pid = int(rest[0])
            if pid not in ended:
                done, status = os.waitpid(pid, os.WNOHANG)
                if done:
                    ended[pid] = os.waitstatus_to_exitcode(status)
            stream.write(f"{ended.get(pid, 'alive')}\n")
        stream.flush()
    os._exit(0)


def _become_worker(log, arguments):
    from workflows.workers.worker import main

    code = 1
    try:
        os.setsid()
        descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        os.chdir(Path(log).parent)
        # Numpy's generator and the like are seeded by the work itself; nothing is inherited that matters.
        code = main(arguments)
    except BaseException:  # the fork must never return into the zygote's loop
        traceback.print_exc()
    sys.stdout.flush()
    os._exit(code)
