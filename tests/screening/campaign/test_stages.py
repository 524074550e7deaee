import pytest
from pydantic import ValidationError

from screening.campaign.stages import Audit, EwaldStage, HullStage, MDStage, RelaxationStage, VerdictRule

MD = {"timestep_fs": 2, "length_ps": 10, "segment_ps": 5, "equilibration_ps": 1}


@pytest.mark.parametrize(
    ("change", "beyond"),
    [
        ({"segment_ps": 10}, {"segment_ps": 10.001}),
        ({"max_length_ps": 10}, {"max_length_ps": 9.999}),
        ({"equilibration_ps": 9.999}, {"equilibration_ps": 10}),
        ({"equilibration_ps": 0}, {"equilibration_ps": -0.001}),
        ({"frame_every_fs": 2}, {"frame_every_fs": 1.999}),
        ({"temperatures_K": [0.1]}, {"temperatures_K": [300, 0]}),
        ({"temperatures_K": [300, 300]}, {"temperatures_K": []}),
    ],
)
def test_a_run_is_accepted_up_to_its_limit_and_no_further(change, beyond):
    MDStage(**MD | change)
    (field,) = beyond
    with pytest.raises(ValidationError, match=field):
        MDStage(**MD | beyond)


@pytest.mark.parametrize(
    ("section", "field", "good", "bad"),
    [
        (VerdictRule, "pass_probability", 0.51, 0.5),
        (VerdictRule, "fail_probability", 0.49, 0.5),
        (VerdictRule, "close_factor", 1.01, 1),
        (VerdictRule, "close_factor", None, 0),
        (VerdictRule, "threshold_mS_cm", 1e-9, 0),
        (Audit, "fraction", 1, 1.01),
        (EwaldStage, "keep", 1, 0),
        (EwaldStage, "time_limit_s", None, 0),
        (RelaxationStage, "max_framework_loss", 1, 1.01),
        (RelaxationStage, "prerelax_force_eV_A", None, 0),
        (HullStage, "threshold_meV_per_atom", 0, -1),
        (HullStage, "keep_per_composition", 1, 0),
    ],
)
def test_limits(section, field, good, bad):
    assert getattr(section(**{field: good}), field) == good
    with pytest.raises(ValidationError, match=field):
        section(**{field: bad})


@pytest.mark.parametrize("formula", ["", "Na", "chromite", "NaXx2", "Na(O", "nacro2"])
def test_what_is_no_formula_is_no_cathode(formula):
    with pytest.raises(ValidationError, match="not the formula of a cathode"):
        HullStage(cathodes=[formula])


def test_a_filter_without_what_it_filters_is_refused():
    with pytest.raises(ValidationError, match="needs cathodes"):
        HullStage(max_cathode_reaction_meV_per_atom=100)
    with pytest.raises(ValidationError, match="references_file is needed"):
        HullStage(references="file")


@pytest.mark.parametrize("asked", [{"electrode_window": True}, {"min_window_V": 0}, {"cathodes": ["NaCrO2"]}])
def test_whatever_needs_the_electrodes_has_them_computed(asked):
    assert HullStage(**asked).electrodes
    assert not HullStage().electrodes
