"""How ranks reach each other."""

import pytest

from ewald.errors import UserError
from ewald.parallel.threads import run_numbered
from ewald.parallel.transport import LocalTransport, check_launcher, open_transport


def test_copies_that_do_not_know_of_each_other_are_refused(monkeypatch):
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "4")
    with pytest.raises(UserError, match="4 processes"):
        check_launcher(1, has_comm=True)
    check_launcher(4, has_comm=True)


def test_no_communicator_means_no_mpi():
    assert isinstance(open_transport(None), LocalTransport)


def test_threads_of_one_process_claim_every_number_once_and_share_the_lowest_threshold():
    transport = LocalTransport()
    claimed = run_numbered(lambda _: transport.claim(), 200, 4)
    assert sorted(claimed) == list(range(200))
    assert [transport.share_threshold(value) for value in (3.0, 5.0, -1.0, 0.0)] == [3.0, 3.0, -1.0, -1.0]
    assert (transport.broadcast("x"), transport.gather("x"), transport.reduce(b"x", None)) == ("x", ["x"], b"x")
