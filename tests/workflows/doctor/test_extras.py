"""The list of extras is that of pyproject.toml."""

import re
import tomllib
from pathlib import Path

from workflows.doctor.extras import EXTRAS, extras
from workflows.doctor.finding import State

ROOT = Path(__file__).parents[3]
#: Sets of others, and what only developers need.
NOT_LISTED = {"quickstart", "test", "docs", "dev"}


def test_every_extra_is_listed_with_what_it_brings():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    listed = {name: set(distributions) for name, distributions, _ in EXTRAS}
    assert listed.keys() == declared.keys() - NOT_LISTED
    for name, requirements in declared.items():
        brought = {re.split(r"[<>=!;\[ ]", requirement)[0] for requirement in requirements} - {"ionsieve"}
        assert name in NOT_LISTED or listed[name] == brought, name


def test_a_missing_extra_says_how_to_install_it():
    for finding in extras():
        assert finding.state is State.OK or f"[{finding.name}]" in finding.fix
