"""Who does what, and at what cost."""

import pytest

from tests.toy_campaign import TOY
from workflows.campaign.campaign_file import open_campaign, plan_of
from workflows.operations.costs import stage_costs, work_lines


def costs_of(path):
    file = open_campaign(str(path))
    return stage_costs(file.campaign, file.base_dir, plan_of(file).compositions)


def test_every_stage_has_its_engines_runs_and_core_hours(campaign):
    engines = {
        "slow": {"preset": "toy", "settings": {"cost_ms_per_ion": 3600.0}, "queue": {"ntasks": 16, "mem": "4G"}},
        "fast": {"preset": "toy", "settings": {"cost_ms_per_ion": 36.0}},
        "unknown": {"preset": "vasp"},
    }
    changes = {
        "engine": None,
        "engines": engines,
        "relax": TOY["relax"] | {"engines": ["fast", "unknown"], "max_steps": 60},
        "short_md": TOY["short_md"] | {"engine": "slow"},
        "long_md": TOY["long_md"] | {"engine": "fast"},
    }
    found = costs_of(campaign(**changes))
    ions = 15  # one composition: a vacancy in a cell of 16 sites
    expected = [
        ("relax", "fast", 2, 2 * ions * 60 * 36 / 3.6e6),
        ("relax", "unknown", 2, None),
        ("short_md", "slow", 1, ions * 40 * 3600 / 3.6e6),
        ("long_md", "fast", 2, 2 * ions * 60 * 36 / 3.6e6),
    ]
    assert [(item.stage, item.engine, item.runs) for item in found] == [row[:3] for row in expected]
    for item, row in zip(found, expected, strict=True):
        assert item.core_hours == (None if row[3] is None else pytest.approx(row[3]))
    assert list(work_lines(found)) == [
        "relaxation by fast: up to 2 relaxations, at most 0.1 core hours",
        "relaxation by unknown: up to 2 relaxations, cost not known",
        "short MD by slow: up to 1 run of 40 steps, at most 0.6 core hours; queue: mem 4G, ntasks 16",
        "long MD by fast: up to 2 runs of 60 steps, at most 0.1 core hours",
    ]


def test_workers_of_a_category_of_their_own_are_named(campaign):
    lines = list(work_lines(costs_of(campaign(engine=TOY["engine"] | {"category": "gpu"}))))
    assert all("; workers of category gpu" in line for line in lines)
    assert not any("category" in line for line in work_lines(costs_of(campaign())))


def test_one_engine_does_everything(campaign):
    assert {item.engine for item in costs_of(campaign())} == {"toy"}
