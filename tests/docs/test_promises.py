"""Every promise of the reliability page names tests, and the tests that it names exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "topics" / "reliability.md"
NAMES = sorted(set(re.findall(r"`(tests/[\w/]+(?:\.py(?:::\w+)?)?)`", PAGE.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("name", NAMES)
def test_the_test_exists(name):
    file, _, function = name.partition("::")
    assert (ROOT / file).exists()
    if function:
        assert re.search(rf"^def {function}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)


def test_every_promise_names_a_test():
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    heads = [number for number, row in enumerate(rows) if row.endswith("| test |")]
    assert len(heads) >= 5
    for head in heads:
        for row in rows[head + 2 :]:
            if row.endswith("|---|---|") or "|---" in row:
                break
            following = rows[rows.index(row) + 1] if row is not rows[-1] else ""
            if following.startswith("|---"):
                break
            assert "`tests/" in row, row
