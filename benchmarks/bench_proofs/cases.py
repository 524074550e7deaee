"""What is to be proven: named crystal files, space files, QAPLIB instances."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import ewald
from ewald.proof.problem import read_problem
from ewald.space.form import QuadraticForm
from ewald.space.space import ConfigurationSpace
from ewald.space.symmetry import SymmetryGroup
from screening.plan.configuration_space import build_space, search_key
from screening.plan.plan import build_plan
from workflows.campaign.campaign_file import open_campaign

NAMED = Path(__file__).with_name("named.yaml")


@dataclass(frozen=True, eq=False)
class Case:
    """One problem.

    Parameters
    ----------
    name
        Of the file.
    form, group
        The energies and their symmetry.
    ions
        Of the cell; 0 where there is none.
    scale
        Units of the user's costs in one eV of the form.
    compositions
        How many compositions of a campaign are this problem, and differ only in the names of their ions.
    """

    name: str
    form: QuadraticForm
    group: SymmetryGroup
    ions: int = 0
    scale: float = 1.0
    compositions: int = 1


def settings() -> dict[str, dict[str, Any]]:
    """Options of :func:`ewald.from_file` for each of the named spaces."""
    return {str(name): options for name, options in yaml.safe_load(NAMED.read_text()).items()}


def named(folder: Path, names: Iterable[str] = ()) -> Iterator[Case]:
    """Read the named spaces, all by default, from the folder of their crystal files."""
    known = settings()
    wanted = tuple(names) or tuple(known)
    if unknown := set(wanted) - set(known):
        raise SystemExit(f"{', '.join(sorted(unknown))}: not in {NAMED.name}, which has {', '.join(known)}")
    for name in wanted:
        space = ewald.from_file(folder / f"{name}.cif", **known[name])
        yield Case(name, space.form, space.group, space.ions)


def space_file(path: Path) -> Case:
    """Read a space file, or any crystal file that needs no options."""
    space = ewald.from_file(path)
    return Case(path.stem, space.form, space.group, space.ions)


def qaplib(path: Path) -> Case:
    """Read an instance of the kind of tai64c."""
    problem = read_problem(path)
    return Case(path.name.split(".")[0], problem.form(), problem.symmetry(), scale=problem.scale)


def of_campaign(path: Path) -> Iterator[Case]:
    """Give each different problem of a campaign once, under the id of its first composition."""
    opened = open_campaign(str(path))
    stage = opened.campaign.ewald
    compositions = build_plan(opened.campaign, path.parent, count_distinct=False).compositions
    number: Counter[str] = Counter()
    first: dict[str, tuple[str, ConfigurationSpace]] = {}
    for composition in compositions:
        space = build_space(composition, min_distance_A=stage.min_distance_A, pairs=stage.pairs)
        key = search_key(space, stage)
        number[key] += 1
        first.setdefault(key, (composition.id, space))
    for key, (name, space) in first.items():
        yield Case(name, space.form, space.group, space.ions, compositions=number[key])
