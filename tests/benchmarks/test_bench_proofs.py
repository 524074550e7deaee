"""The comparison of proofs: what it reads, and that all its methods mean the same problem."""

import numpy as np
import pytest
import yaml

from benchmarks.bench_proofs.__main__ import above, proven_compositions, table
from benchmarks.bench_proofs.cases import Case, of_campaign, qaplib, settings
from benchmarks.bench_proofs.methods import row, rules
from ewald.search.brute_force import search as evaluate_all
from ewald.search.exact.relaxation.literals import LiteralProblem
from tests.ewald.cells import random_space
from tests.toy_campaign import TOY


@pytest.fixture(scope="module", autouse=True)
def compiled():
    """Compile before anything is timed: the limits of the methods are CPU seconds."""
    space = random_space(3)
    case = Case("salt", space.form, space.group, space.ions)
    assert row(case, "exact", 120.0, 0, 1)["proven"]
    for method in ("sampling", "annealing"):
        row(case, method, 0.1, 0, 1)


def test_every_named_space_has_options_that_from_file_knows():
    named = settings()
    assert len(named) == 13
    assert set().union(*named.values()) <= {"couple", "min_distance_A", "supercell"}


def test_all_methods_find_the_lowest_of_a_small_space():
    space = random_space(3)
    case = Case("salt", space.form, space.group, space.ions)
    least = evaluate_all(space.form, space.group, 1).lowest[0][0]
    rows = [row(case, method, 1.0, 0, 1) for method in ("exact", "sampling", "annealing")]
    assert [one["best"] for one in rows] == pytest.approx([least] * 3)
    assert [one["proven"] for one in rows] == [True, False, False]
    assert list(above(rows)) == []
    for number, method in enumerate(("exact", "sampling")):
        worse = {**rows[number], "best": least + 1}
        assert list(above([worse, rows[2]])) == [f"salt: {method} 1 above annealing with seed 0, 1 s"]
    assert len(list(table(rows))) == 4


def test_compositions_of_a_campaign_that_are_one_problem_are_one_case(tmp_path):
    doping = [{"site": "Sb", "dopants": ["W6+", "Mo6+", "Sn4+"], "levels": ["1/2"]}]
    content = TOY | {"doping": doping, "supercell": {"target_ions": 16, "max_ions": 20}}
    (tmp_path / "campaign.yaml").write_text(yaml.safe_dump(content))
    cases = list(of_campaign(tmp_path / "campaign.yaml"))
    # W and Mo are one, and Sn with the interstitials that balance it another.
    assert sorted(case.compositions for case in cases) == [1, 2]
    rows = [row(case, "exact", 2.0, 0, 1) for case in cases]
    assert list(proven_compositions(rows)) == ["3 of 3 compositions in 2 problems proven within 2 CPU s"]
    rows[0]["proven"] = False
    left = 3 - cases[0].compositions
    assert list(proven_compositions(rows)) == [f"{left} of 3 compositions in 2 problems proven within 2 CPU s"]


def test_rules_are_what_the_form_forbids():
    space = random_space(3)
    problem = LiteralProblem.from_form(space.form, space.group)
    for a, b in rules(problem):
        assert problem.site[a] == problem.site[b]


def test_a_qaplib_instance_is_in_its_own_units(tmp_path):
    rng = np.random.default_rng(0)
    distance = rng.integers(1, 9, (6, 6))
    distance = np.triu(distance, 1) + np.triu(distance, 1).T
    flow = np.zeros((6, 6), dtype=int)
    flow[:3, :3] = 1
    text = "\n\n".join("\n".join(" ".join(map(str, line)) for line in matrix) for matrix in (distance, flow))
    (tmp_path / "six.dat").write_text(f"6\n\n{text}\n")
    best = row(qaplib(tmp_path / "six.dat"), "exact", 1.0, 0, 1)
    from itertools import combinations

    assert best["best"] == pytest.approx(min(distance[np.ix_(c, c)].sum() for c in combinations(range(6), 3)))
    assert best["proven"]
