"""What a preset of LAMMPS may say."""

import pytest

from ewald.errors import CampaignError
from screening.campaign.execution import EngineChoice
from workflows.engines.registry import load_engine


def made(**settings):
    return load_engine(EngineChoice(preset="lammps", settings=settings))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"potential": ["shell rm -r home"]}, "`shell` is not allowed here"),
        ({"potential": ["units real"]}, "units are a separate setting"),
        ({"potential": ["pair_style python"]}, "program"),
        ({"potential": ["pair_coeff * * $(1+1)"]}, "variable"),
        ({"potential": ["pair_coeff * * 1\nshell rm x"]}, "variable"),
        ({"potential": ["pair_coeff * * /data/model.pt"]}, "names a file"),
        ({"potential": [" # nothing"]}, "an empty line"),
        ({"before_box": ["pair_style morse 8"]}, "is not allowed here"),
        ({"command_line_flags": ["-log", "x"]}, "-log is the engine's own"),
        ({"charges": {"Fe 3": 3}}, "neither an element"),
        ({"files": {"Fe": "x"}}, "cannot be distinguished from an ion"),
        ({"units": "lj"}, "units"),
    ],
)
def test_what_could_do_harm_or_mean_nothing_is_refused(settings: dict, message: str):
    with pytest.raises(CampaignError, match=message):
        made(**settings)


def test_lines_and_flags_that_describe_a_potential_are_taken():
    engine = made(
        potential=["pair_style   hybrid/overlay buck .5 coul/long 10  # of mine", "kspace_style pppm 1.0e-5"],
        command_line_flags=["-sf", "gpu", "-pk", "gpu", "1"],
        before_box=["newton off"],
    )
    assert engine.lammps.potential[0] == "pair_style hybrid/overlay buck .5 coul/long 10"


def test_flags_and_ranks_are_no_other_science():
    plain, fast = (
        EngineChoice(preset="lammps", settings={"potential": ["pair_style morse 8"]} | more)
        for more in ({}, {"command_line_flags": ["-sf", "omp"], "ranks": 8, "launcher": ["/usr/bin/mpirun"]})
    )
    assert plain.science() == fast.science()
