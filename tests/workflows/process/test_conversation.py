"""A code that stays and takes commands."""

import errno
import os
import subprocess
import time
from pathlib import Path

import pytest

from workflows.process import run_code
from workflows.process.conversation import Conversation
from workflows.process.run_code import PROCESS_FILE

#: Answers every line with a file of that line, which appears whole.
ECHO = ["/bin/sh", "-c", 'while read line; do [ "$line" = die ] && exit 3; echo "$line" > new; mv new answer; done']


@pytest.fixture
def talk(tmp_path: Path):
    with Conversation(ECHO, tmp_path, log="out", environment={}) as started:
        yield started


def test_one_process_answers_one_command_after_the_other(talk: Conversation, tmp_path: Path):
    for word in ("one", "two"):
        assert talk.ask(f"{word}\n", "answer")
        assert (tmp_path / "answer").read_text() == f"{word}\n"
    assert talk.seconds > 0
    assert (tmp_path / PROCESS_FILE).exists()
    assert talk.close() == ""
    assert talk.close() == ""
    assert not (tmp_path / PROCESS_FILE).exists()


def test_an_old_answer_is_no_answer_and_an_end_is_told(talk: Conversation, tmp_path: Path):
    (tmp_path / "answer").write_text("old")
    assert not talk.ask("die\n", "answer")
    assert not talk.ask("late\n", "answer")


def test_what_it_started_ends_with_it(tmp_path: Path):
    command = ["/bin/sh", "-c", "read line; sleep 60 & echo $! > new; mv new answer; cat; sleep 60"]
    with Conversation(command, tmp_path, log="out", environment={}) as started:
        assert started.ask("\n", "answer")
        child = int((tmp_path / "answer").read_text())
        assert Path(f"/proc/{child}").exists()
    for _ in range(100):
        state = Path(f"/proc/{child}/stat")
        if not state.exists() or state.read_text().split()[2] == "Z":
            break
        time.sleep(0.05)
    else:
        os.kill(child, 9)
        pytest.fail("a child outlived its conversation")


def test_nothing_keeps_running_when_the_process_cannot_be_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    started = []
    begin = subprocess.Popen

    def keep(*words, **options):
        started.append(begin(*words, **options))
        return started[0]

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(subprocess, "Popen", keep)
    monkeypatch.setattr(run_code, "write_atomic", full)
    with pytest.raises(OSError, match="No space"):
        Conversation(ECHO, tmp_path, log="out", environment={})
    assert started[0].poll() is not None
