"""What a stage needs from files."""

import pytest

from ewald.errors import UserError
from workflows.offline.inputs import needed_results
from workflows.spec import StageSpec


def test_md_goes_on_from_the_segments_before_it():
    spec = StageSpec(
        campaign="toy", revision="r", composition="c", stage="long_md", subject="x_a1", temperature_K=600, part=2
    )
    assert needed_results(spec) == [("relax", "x_a1"), *(("long_md_segment", f"x_a1@600K#000{n}") for n in range(3))]


@pytest.mark.parametrize("stage", ["ewald", "hull", "short_md_look", "long_md_look", "references_done"])
def test_light_stages_stay_where_the_database_is(stage):
    with pytest.raises(UserError, match=r"category: \[dft, md\]"):
        needed_results(StageSpec(campaign="c", revision="r", composition="c", stage=stage, subject="x"))
