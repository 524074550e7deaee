from hypothesis import given
from hypothesis import strategies as st

from screening.campaign.stages import MDStage
from workflows.builders.md import REPEAT, md_extension, md_others, md_repeat, md_start
from workflows.md.schedule import parts_of
from workflows.spec import StageSpec

SCOPE = StageSpec(campaign="c", revision="r", composition="x", stage="hull", subject="x")


def stage(**changes):
    settings = {"timestep_fs": 2, "length_ps": 10, "segment_ps": 2, "equilibration_ps": 1, "temperatures_K": (500, 700)}
    return MDStage(**{**settings, **changes})


def test_segments_follow_each_other_at_each_temperature_and_are_judged_together():
    workflow = md_start(SCOPE, "short_md", "x_a1", stage(adaptive=False, length_ps=4))
    keys = {fw.fw_id: fw.spec["key"] for fw in workflow.fws}
    parents = {keys[child]: {keys[p] for p in ps} for child, ps in workflow.links.parent_links.items()}
    assert parents["short_md:x_a1@500K#1"] == {"short_md:x_a1@500K#0"}
    assert parents["short_md_look:x_a1#2"] == {"short_md:x_a1@500K#1", "short_md:x_a1@700K#1"}
    assert {fw.name for fw in workflow.fws} >= {"short MD x a1 500 K part 1"}


def test_the_hottest_run_goes_first_and_the_others_catch_up_with_it():
    settings = stage(temperatures_K=(500, 900, 700), hottest_first=True, equilibration_ps=1.5)
    first = [StageSpec.from_fw_spec(fw.spec) for fw in md_start(SCOPE, "long_md", "x_a1", settings).fws]
    assert [spec.key for spec in first] == ["long_md:x_a1@900K#0", "long_md:x_a1@900K#1", "long_md_look:x_a1#0"]
    look = first[-1]
    assert parts_of(look, settings) == {500: 0, 900: 2, 700: 0}
    others = [StageSpec.from_fw_spec(fw.spec) for fw in md_others(look, "long_md", settings).fws]
    assert {spec.key for spec in others} == {
        *(f"long_md:x_a1@{T}K#{part}" for T in (500, 700) for part in (0, 1)),
        "long_md_look:x_a1#2",
    }
    # From there on all is as without the order.
    assert parts_of(others[-1], settings) == {500: 2, 900: 2, 700: 2}
    assert others[-1].parts == ()
    alone = md_start(SCOPE, "long_md", "x_a1", stage(temperatures_K=(500,), hottest_first=True))
    assert [fw.spec["key"] for fw in alone.fws][-1] == "long_md_look:x_a1#1"


def test_an_extension_adds_one_part_at_each_temperature():
    look = SCOPE.model_copy(update={"stage": "long_md_look", "subject": "x_a1", "part": 3})
    workflow = md_extension(look, "long_md", stage(), (500, 700))
    assert sorted(fw.spec["key"] for fw in workflow.fws) == [
        "long_md:x_a1@500K#3",
        "long_md:x_a1@700K#3",
        "long_md_look:x_a1#4",
    ]


@given(st.lists(st.sets(st.sampled_from([500.0, 700.0, 900.0]), min_size=1), max_size=6))
def test_runs_that_go_on_at_some_temperatures_miss_no_part(rounds):
    settings = stage(temperatures_K=(500, 700, 900), max_length_ps=100)
    workflow = md_start(SCOPE, "long_md", "x_a1", settings)
    done = dict.fromkeys(settings.temperatures_K, 0)
    for chosen in [set(settings.temperatures_K), *rounds]:
        *segments, look = sorted(
            (StageSpec.from_fw_spec(fw.spec) for fw in workflow.fws), key=lambda s: s.stage.endswith("look")
        )
        assert {s.temperature_K for s in segments} == chosen
        for segment in segments:
            assert segment.part == done[segment.temperature_K]
            done[segment.temperature_K] += 1
        assert parts_of(look, settings) == done
        if rounds and look.part <= len(rounds):
            workflow = md_extension(look, "long_md", settings, rounds[look.part - 1])


def test_a_repeat_runs_the_last_part_of_each_damaged_run():
    look = SCOPE.model_copy(update={"stage": "long_md_look", "subject": "x_a1", "part": 4, "parts": (4, 2)})
    workflow = md_repeat(look, "long_md", {700.0: 2})
    keys = {fw.spec["key"]: fw.spec for fw in workflow.fws}
    assert sorted(keys) == [f"long_md:x_a1@700K#1+{REPEAT + 1}", "long_md_look:x_a1#4+1"]
    assert tuple(keys["long_md_look:x_a1#4+1"]["parts"]) == (4, 2)
