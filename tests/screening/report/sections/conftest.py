"""Records that several sections are tested on."""

import pytest

from screening.decision import Stage
from screening.hull.hull import hull_energies
from tests.campaign_record import make_record
from tests.screening.hull.phases import NA_SB_S, phase, references


@pytest.fixture(scope="module")
def record():
    """A record whose first candidates have real hulls against hand-made references."""
    made = make_record()
    chosen = list(made.candidates[:3])
    formulas = ("Na3SbS4", "Na6SbWS8", "Na3SbS3")
    relaxed = [phase(formula, -0.9, c.id) for formula, c in zip(formulas, chosen, strict=True)]
    known = references(NA_SB_S | {"W": 0.0, "WS2": -0.9})
    hulls = hull_energies(relaxed, known, mobile="Na", window=True, cathodes=("NaCrO2",))
    return made.model_copy(
        update={
            "candidates": tuple(chosen), "relaxed": tuple(relaxed), "references": tuple(known), "hulls": hulls,
            "md": (), "decisions": tuple(d for d in made.decisions if d.stage is Stage.HULL),
        }
    )  # fmt: skip
