import signal
import threading

import pytest

from workflows.process.clean_end import CleanEnd


@pytest.fixture(autouse=True)
def terminal():
    """Signals as a terminal leaves them: `nohup` has SIGHUP ignored, a shell script SIGINT of what it starts with &."""
    former = [(number, signal.getsignal(number)) for number in (signal.SIGHUP, signal.SIGINT)]
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in former:
        signal.signal(number, handler)


@pytest.mark.parametrize("number", CleanEnd.SIGNALS)
def test_the_first_signal_ends_and_the_second_does_not_disturb_the_end(number):
    before = signal.getsignal(number)
    cleaned = []

    def work():
        with CleanEnd():
            try:
                signal.raise_signal(number)
                pytest.fail("the signal did not end it")
            finally:
                signal.raise_signal(number)
                cleaned.append(number)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert cleaned == [number]
    assert signal.getsignal(number) is before


def test_what_must_not_be_left_half_way_is_finished_first():
    steps = []

    def work():
        with CleanEnd() as end:
            with end.hold():
                signal.raise_signal(signal.SIGTERM)
                steps.append("finished")
            steps.append("never")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert steps == ["finished"]


def test_signals_that_are_ignored_or_handled_by_the_program_stay_so():
    seen = []
    former = signal.signal(signal.SIGHUP, signal.SIG_IGN), signal.signal(signal.SIGTERM, lambda *_: seen.append(1))
    try:
        with CleanEnd():
            signal.raise_signal(signal.SIGHUP)
            signal.raise_signal(signal.SIGTERM)
        assert seen == [1]
    finally:
        signal.signal(signal.SIGHUP, former[0])
        signal.signal(signal.SIGTERM, former[1])


def test_outside_the_main_thread_it_does_nothing():
    found = []

    def enter():
        with CleanEnd():
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert found == [signal.getsignal(signal.SIGTERM)]
