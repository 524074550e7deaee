"""How ranks reach each other."""

import pytest

from ewald.errors import UserError
from ewald.parallel.transport import LocalTransport, check_launcher, open_transport


def test_copies_that_do_not_know_of_each_other_are_refused(monkeypatch):
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "4")
    with pytest.raises(UserError, match="4 processes"):
        check_launcher(1, has_comm=True)
    check_launcher(4, has_comm=True)


def test_no_communicator_means_no_mpi():
    assert isinstance(open_transport(None), LocalTransport)
