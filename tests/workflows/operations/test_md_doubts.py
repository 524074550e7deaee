import numpy as np
import pytest

from screening.transport.analysis import analyse
from screening.transport.arrhenius import NO_EVENT_HIGH95
from tests.screening.transport.walks import lattice_walk, trajectory
from workflows.campaign.campaign_file import open_campaign, plan_of
from workflows.operations.md_doubts import expected_hops, md_doubts

MD = {"length_ps": 100, "segment_ps": 25, "equilibration_ps": 5}
OXIDE = {
    "mothers": [{"structure": "Li7La3Zr2O12_cubic", "mobile": "Li"}],
    "doping": [{"site": "Zr", "dopants": ["Ta5+"], "levels": ["1/2"], "compensation": ["vacancy"]}],
    "supercell": {"target_ions": 192, "max_ions": 192},
    "ewald": {"keep": 1, "min_distance_A": 1.7},
}
PHOSPHORUS = {"doping": [{"site": "Sb", "dopants": ["P5+"], "levels": ["1/2"]}]}


def doubts(campaign, **changes):
    changes = {"verdict": {"temperature_K": 300, "least_prefactor_cm2_s": 1e-5}} | changes
    file = open_campaign(str(campaign(**changes)))
    return list(md_doubts(file.campaign, plan_of(file)))


def stage(timestep_fs, *temperatures, **changes):
    return MD | {"timestep_fs": timestep_fs, "temperatures_K": temperatures or [600, 900]} | changes


def test_steps_that_are_long_for_an_oxide_are_told(campaign):
    (line,) = doubts(campaign, **OXIDE, short_md=stage(10), long_md=stage(1))
    assert line.startswith("doubtful: short MD steps of 10 fs are long for the ")
    assert "Ta-O vibration of Li7La3Zr2O12_cubic (about 39 fs" in line
    assert doubts(campaign, **OXIDE, short_md=stage(5), long_md=stage(1)) == []


def test_the_coarse_steps_of_sulfides_are_not_doubted(campaign):
    assert doubts(campaign, short_md=stage(10), long_md=stage(1)) == []
    assert doubts(campaign, **PHOSPHORUS, short_md=stage(10), long_md=stage(1)) == []
    (line,) = doubts(campaign, **PHOSPHORUS, short_md=stage(15), long_md=stage(1))
    assert "P-S vibration of Na3SbS4" in line


def test_runs_in_which_nothing_can_hop_are_told(campaign):
    at_threshold = {"temperature_K": 300, "threshold_mS_cm": 1.0, "least_prefactor_cm2_s": 1e-5}
    (line,) = doubts(campaign, verdict=at_threshold, short_md=stage(10, 300), long_md=stage(1))
    assert "100 ps of short MD at 300 K" in line
    assert "cannot reject a candidate" in line
    assert doubts(campaign, verdict=at_threshold, short_md=stage(10), long_md=stage(1)) == []


def test_cold_runs_that_reject_nothing_without_a_prefactor_are_told(campaign):
    rule = {"temperature_K": 300, "threshold_mS_cm": 1.0}
    (line,) = doubts(campaign, verdict=rule, short_md=stage(10), long_md=stage(1, length_ps=10_000))
    assert line.startswith("doubtful: 100 ps of short MD at 600 K without a hop leave up to about ")
    assert line.endswith("assume a least prefactor (verdict.least_prefactor_cm2_s: 1e-5)")
    possible = float(line.split("up to about ")[1].split()[0])
    assert possible > 1
    # A threshold above what such a run leaves possible can be used without a prefactor.
    rule["threshold_mS_cm"] = 1.1 * possible
    assert doubts(campaign, verdict=rule, short_md=stage(10), long_md=stage(1)) == []


def test_what_remains_possible_is_what_a_run_without_a_hop_says(campaign):
    rng = np.random.default_rng(0)
    still = trajectory(rng, lattice_walk(rng, frames=1000, hops_per_ps=0.0, vibration_A=0.2))
    result = analyse(still, species="Na", temperature_K=600, equilibration_ps=0.0)
    assert result.sigma_mS_cm.bound == "no hop"
    hops = expected_hops(result.sigma_mS_cm.high95, 600, result.length_ps, still.volume_A3, 1)
    assert hops == pytest.approx(NO_EVENT_HIGH95, rel=0.01)


def test_hops_by_hand():
    # One ion of z = 1 in 1000 A^3 that hops 3 A once in 100 ps: D = a^2 / 6 t, sigma = D e^2 / (V k T).
    D = (3e-10) ** 2 / (6 * 100e-12)
    sigma_S_m = D * 1.602176634e-19**2 / (1000e-30 * 1.380649e-23 * 400)
    assert expected_hops(10 * sigma_S_m, 400, 100, 1000, 1) == pytest.approx(1.0)
    assert expected_hops(10 * sigma_S_m, 400, 100, 1000, 2) == pytest.approx(0.25)


def test_a_campaign_without_md_sections_is_not_doubted(campaign, tmp_path):
    from screening.campaign.campaign import Campaign

    content = {"name": "x", "mothers": [{"structure": "Na3SbS4_tet_derived", "name": "Na3SbS4", "mobile": "Na"}],
               "doping": [{"site": "Sb", "dopants": ["W6+"], "levels": ["1/2"]}], "engine": {"preset": "toy"},
               "supercell": {"target_ions": 32, "max_ions": 32}}  # fmt: skip
    plain = Campaign.model_validate(content)
    assert plain.short_md.temperatures_K == plain.long_md.temperatures_K == (600.0, 900.0)
    assert (
        doubts(campaign, short_md=plain.short_md.model_dump(mode="json"), long_md=plain.long_md.model_dump(mode="json"))
        == []
    )
