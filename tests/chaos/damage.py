"""What the fuzz tests share: how many inputs, values of any kind, and ways to damage a file."""

import json
import shutil

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

EXAMPLES = settings(
    deadline=None,
    # What fails is printed; making it smaller would take longer than finding it.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["../../etc", "/etc/passwd", "Na+", "W6+", "1/0", "1/8", "-1", "1e400", ".nan", "\x00"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=6,
)


def places(content, where=()):
    """Every place in a nested document."""
    yield where
    if isinstance(content, dict):
        for key, value in content.items():
            yield from places(value, (*where, key))
    elif isinstance(content, list):
        for number, value in enumerate(content):
            yield from places(value, (*where, number))


def changed(content, where, value):
    """The document with another value at one place."""
    if not where:
        return value
    copy = json.loads(json.dumps(content))
    inner = copy
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = value
    return copy


def one_line(error):
    """Check that an error is fit for a user."""
    assert "\n" not in str(error)


def harmed(content, draw):
    """Bytes cut short, or with one bit flipped."""
    if draw(st.booleans()):
        return content[: draw(st.integers(0, len(content) - 1))]
    place = draw(st.integers(0, 8 * len(content) - 1))
    flipped = bytearray(content)
    flipped[place // 8] ^= 1 << place % 8
    return bytes(flipped)


def damaged_text(content, draw):
    """Bytes with harm done to them, or with a line dropped, repeated, swapped or replaced."""
    kind = draw(st.sampled_from(["harm", "drop", "repeat", "swap", "replace"]))
    if kind == "harm":
        return harmed(content, draw)
    lines = content.splitlines(keepends=True)
    number = draw(st.integers(0, len(lines) - 1))
    other = {
        "drop": [],
        "repeat": [lines[number]] * 2,
        "swap": [lines[draw(st.integers(0, len(lines) - 1))]],
        "replace": [draw(st.text(max_size=40)).encode("utf-8", "replace") + b"\n"],
    }
    return b"".join(lines[:number] + other[kind] + lines[number + 1 :])


def harmed_copy(folder, copy, draw):
    """Copy a folder and harm one of its files; returns the names of all."""
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    victims = sorted(path for path in copy.rglob("*") if path.is_file())
    victim = draw(st.sampled_from(victims))
    victim.write_bytes(harmed(victim.read_bytes(), draw))
    return {path.name for path in victims}
