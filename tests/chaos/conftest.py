"""The fixtures of the workflow tests: a real MongoDB, and a campaign of seconds with the toy potential."""

from tests.workflows.conftest import (  # noqa: F401
    campaign,
    environment,
    launchpad,
    launchpad_file,
    mongod_program,
    server,
    short_folder,
    submitted,
)
