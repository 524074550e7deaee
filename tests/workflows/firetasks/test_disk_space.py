"""A full disk is waited out; whatever else goes wrong is left to the caller."""

import errno
import threading

import pytest

from workflows.engines.errors import EngineError, FailureReason
from workflows.firetasks import disk_space


def failing(*errors):
    """Work that fails with these errors, one after the other, and then succeeds."""
    left = list(errors)

    def work():
        if left:
            raise left.pop(0)
        return "done"

    return work


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(disk_space, "POLL_S", 0.01)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        EngineError(FailureReason.DISK_FULL, "no room"),
    ],
)
def test_a_full_disk_is_waited_out(tmp_path, error):
    told = []
    assert disk_space.with_disk_space(tmp_path, failing(error, error), told.append) == "done"
    assert told == [error, error]


@pytest.mark.parametrize("error", [OSError(errno.EACCES, "no"), ValueError("x"), EngineError(FailureReason.SCF, "no")])
def test_other_errors_are_passed_on(tmp_path, error):
    with pytest.raises(type(error)):
        disk_space.with_disk_space(tmp_path, failing(error), pytest.fail)


def test_an_error_that_the_full_disk_may_have_caused_is_waited_out(tmp_path, monkeypatch):
    """A code whose output was cut off does not say why."""
    looks = iter([True, True, False])
    monkeypatch.setattr(disk_space, "is_full", lambda _: next(looks, False))
    told = []
    error = EngineError(FailureReason.TRUNCATED, "the output has no end")
    assert disk_space.with_disk_space(tmp_path, failing(error), told.append) == "done"
    assert told == [error]


@pytest.mark.mongod
def test_no_hull_is_computed_without_the_reference_that_the_disk_held_up(launchpad, submitted, monkeypatch):
    """The stage waits; it is not done, and it has not failed either, so nothing behind it begins."""
    from fireworks import FWorker
    from fireworks.core.rocket_launcher import launch_rocket

    full = threading.Event()
    full.set()
    monkeypatch.setattr(disk_space, "is_full", lambda _: full.is_set())
    key = {"spec.key": "reference:Na2S"}
    # A file stands where the folder of the phase should be: an error of no particular kind.
    place = submitted.entry.folder / "references"
    place.write_text("")
    worker = threading.Thread(
        target=launch_rocket, args=(launchpad, FWorker(query=key)), kwargs={"strm_lvl": "CRITICAL"}
    )
    worker.start()
    try:
        while not submitted.failures():
            pass
        (failure,) = submitted.failures()
        assert failure.kind == "disk-full"
        assert launchpad.fireworks.find_one(key)["state"] == "RUNNING"
        assert launchpad.fireworks.find_one({"spec.stage": "references_done"})["state"] == "WAITING"
    finally:
        place.unlink()
        full.clear()
        worker.join()
    assert launchpad.fireworks.find_one(key)["state"] == "COMPLETED"
    assert submitted.failures() == ()
