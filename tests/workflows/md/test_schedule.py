"""When an MD run is judged."""

from hypothesis import given
from hypothesis import strategies as st

from screening.campaign.stages import MDStage
from workflows.md.schedule import schedule


def stage(**changes):
    settings = {"timestep_fs": 2, "length_ps": 10, "segment_ps": 2, "equilibration_ps": 1, "temperatures_K": (500, 700)}
    return MDStage(**{**settings, **changes})


def test_a_fixed_run_is_judged_once_at_its_end():
    plan = schedule(stage(adaptive=False))
    assert (plan.parts, plan.first_look, plan.looks, plan.steps) == (5, 5, 1, 1000)


def test_an_adaptive_run_is_judged_as_soon_as_it_reaches_beyond_equilibration():
    plan = schedule(stage(max_length_ps=20))
    assert (plan.parts, plan.first_look, plan.looks) == (10, 1, 10)
    assert plan.look(1) == 1
    assert plan.look(10) == 10


def test_a_look_at_the_hottest_run_alone_is_one_more():
    plan = schedule(stage(max_length_ps=20, hottest_first=True))
    assert (plan.looks, plan.look(0), plan.look(1), plan.look(10)) == (11, 1, 2, 11)


@given(
    length=st.floats(0.5, 1000),
    segment=st.floats(0.1, 50),
    more=st.floats(1, 4),
    share=st.floats(0, 0.9),
    adaptive=st.booleans(),
)
def test_the_budget_is_kept_and_every_run_is_judged(length, segment, more, share, adaptive):
    segment = min(segment, length)
    settings = stage(
        length_ps=length,
        segment_ps=segment,
        max_length_ps=length * more,
        equilibration_ps=share * length,
        adaptive=adaptive,
    )
    plan = schedule(settings)
    assert 1 <= plan.first_look <= plan.parts
    assert plan.parts * segment >= length * more * (1 - 1e-9)
    assert (plan.parts - 1) * segment < length * more
