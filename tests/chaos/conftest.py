"""The database program of the chaos tests."""

import pytest

from ewald.errors import DependencyError
from workflows.database.binary import find_mongod


@pytest.fixture(scope="session")
def mongod_program():
    """Skip where there is no MongoDB server program; says why."""
    try:
        return find_mongod()
    except DependencyError as error:
        pytest.skip(f"needs mongod: {error}")
