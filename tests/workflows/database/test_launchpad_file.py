"""The connection file."""

import pytest

from ewald.errors import UserError
from workflows.database.launchpad_file import read_launchpad_file


@pytest.mark.parametrize("text", ["", "[1, 2]", "host: [", "name: x", "\x00", "host: 3"])
def test_a_bad_connection_file_is_one_clear_line(tmp_path, text):
    path = tmp_path / "my_launchpad.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=r"my_launchpad\.yaml"):
        read_launchpad_file(path)
