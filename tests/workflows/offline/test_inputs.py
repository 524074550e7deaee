import pytest

from ewald.errors import UserError
from screening.campaign.stages import MDStage
from workflows.offline.inputs import needed_results
from workflows.spec import StageSpec

LONG_MD = MDStage(temperatures_K=(500, 600), timestep_fs=1, length_ps=10, segment_ps=1, equilibration_ps=1)


def spec_of(stage: str, **more) -> StageSpec:
    return StageSpec(campaign="toy", revision="r", composition="c", stage=stage, subject="x_a1", **more)


def test_md_goes_on_from_the_segments_before_it():
    found = needed_results(spec_of("long_md", temperature_K=600, part=2), LONG_MD)
    assert found == [("relax", "x_a1"), *(("long_md_segment", f"x_a1@600K#000{n}") for n in range(3))]


def test_a_relaxation_reads_what_the_engines_before_it_made():
    found = needed_results(spec_of("relax", link=1), LONG_MD)
    assert {("candidate", "x_a1"), ("relax", "x_a1"), ("relax_link0", "x_a1"), ("relax_link1", "x_a1")} == set(found)
    assert ("reference_link0", "x_a1") in needed_results(spec_of("reference", link=1), LONG_MD)


def test_a_validation_reads_the_segments_of_every_run():
    found = needed_results(spec_of("validation", part=2, parts=(1, 2)), LONG_MD)
    assert [name for stage, name in found if stage == "long_md_segment"] == [
        "x_a1@500K#0000", "x_a1@600K#0000", "x_a1@600K#0001",
    ]  # fmt: skip
    assert {("candidate", "x_a1"), ("relax", "x_a1"), ("validation", "x_a1")} <= set(found)


@pytest.mark.parametrize(
    "stage", ["ewald", "hull", "short_md_look", "long_md_look", "check_md_look", "references_done"]
)
def test_light_stages_stay_where_the_database_is(stage):
    with pytest.raises(UserError, match=r"category: \[dft, md\]"):
        needed_results(spec_of(stage), LONG_MD)
