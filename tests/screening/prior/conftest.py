import pytest

from screening.prior.model import fit_prior
from tests.made_up_conductivities import shipped


@pytest.fixture(scope="session")
def made_up():
    return shipped()


@pytest.fixture(scope="session")
def prior(made_up):
    return fit_prior(made_up)
