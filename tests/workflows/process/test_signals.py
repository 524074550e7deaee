"""Handlers of signals are set for a while, and those of before come back whatever happens."""

import contextlib
import signal
import threading

import pytest

from workflows.process.signals import SignalHandlers

USED = (signal.SIGTERM, signal.SIGUSR1)


@pytest.fixture(autouse=True)
def former():
    """Handlers of a program's own, which each test must leave as they are."""
    seen = []
    before = {number: signal.signal(number, lambda number, _: seen.append(number)) for number in USED}
    ours = {number: signal.getsignal(number) for number in USED}
    yield seen
    left = {number: signal.getsignal(number) for number in USED}
    for number, handler in before.items():
        signal.signal(number, handler)
    assert left == ours


def test_they_are_called_while_entered_only(former):
    noted = []
    with SignalHandlers(USED, lambda number, _: noted.append(number)):
        for number in USED:
            signal.raise_signal(number)
    signal.raise_signal(signal.SIGTERM)
    assert noted == list(USED)
    assert former == [signal.SIGTERM]


def test_one_inside_the_other():
    noted = []
    with SignalHandlers(USED, lambda *_: noted.append("outer")):
        with SignalHandlers(USED[:1], lambda *_: noted.append("inner")):
            for number in USED:
                signal.raise_signal(number)
        signal.raise_signal(USED[0])
    assert noted == ["inner", "outer", "outer"]


def test_what_the_program_handles_or_ignores_can_be_left_alone(former):
    noted = []
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    try:
        with SignalHandlers((*USED, signal.SIGUSR2), lambda number, _: noted.append(number), only_default=True):
            for number in (*USED, signal.SIGUSR2):
                signal.raise_signal(number)
    finally:
        signal.signal(signal.SIGUSR2, signal.SIG_DFL)
    assert noted == []
    assert former == list(USED)


@pytest.mark.parametrize("when", ["inside", "before the last handler is set"])
def test_a_handler_that_raises_leaves_nothing_behind(when, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    set_handler = signal.signal
    if when != "inside":

        def and_raise(number, handler):
            known = set_handler(number, handler)
            if handler is interrupt:
                signal.raise_signal(number)
            return known

        monkeypatch.setattr(signal, "signal", and_raise)
    with pytest.raises(KeyboardInterrupt), SignalHandlers(USED, interrupt):
        signal.raise_signal(USED[1])


def test_outside_the_main_thread_nothing_happens():
    before = [signal.getsignal(number) for number in USED]
    found = []

    def enter():
        with contextlib.suppress(ValueError), SignalHandlers(USED, lambda *_: None):
            found.extend(signal.getsignal(number) for number in USED)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join(20)
    assert found == before
