"""Never a wrong number: every variant of a run's files gives its diffusivity, or a refusal in one line.

`IONSIEVE_VARIANTS=3000` makes so many of them, and `IONSIEVE_VARIANTS_OF=XDATCAR` takes a real run of Li.
"""

import os
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Element

from ewald.errors import UserError
from screening.trajectory import read_trajectory
from screening.transport import analyse
from tests.screening.trajectory.formats.runs import Run, argyrodite, tilted
from tests.screening.trajectory.variants import variant

COUNT = int(os.environ.get("IONSIEVE_VARIANTS", "64"))
FIRST = int(os.environ.get("IONSIEVE_VARIANTS_FROM", "0"))


@pytest.fixture(scope="module")
def run():
    real = os.environ.get("IONSIEVE_VARIANTS_OF")
    if real is None:
        return argyrodite(160, seed=2, hops_per_ps=1.0)
    found = read_trajectory(real, timestep_fs=2, every=50)
    symbols = tuple(Element.from_Z(int(z)).symbol for z in found.numbers)
    return Run(np.asarray(found.positions_A[:160], dtype=float), found.cell_A, symbols)


@pytest.fixture(scope="module")
def expected(run, tmp_path_factory):
    """The diffusivity of the run, in its cell and in a sheared one."""
    folders = [tmp_path_factory.mktemp(word) for word in ("plain", "tilted")]
    return [measured(variant(one, 0, folder)) for one, folder in zip((run, tilted(run)), folders, strict=True)]


def measured(found):
    trajectory = read_trajectory(found.files if len(found.files) > 1 else found.files[0], **found.flags)
    return analyse(trajectory, species="Li", temperature_K=500).D_cm2_s


def measured_or_refused(found):
    try:
        return measured(found)
    except UserError as error:
        return str(error)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
def test_the_right_diffusivity_or_a_refusal(run, expected, seed, tmp_path: Path):
    found = variant(run, seed, tmp_path)
    true = expected[found.tilted]
    D = measured_or_refused(found)
    if isinstance(D, str):
        assert "\n" not in D
        assert not found.harmless, (found.what, D)
        return
    if found.lossless:
        assert true.mean == pytest.approx(D.mean, rel=0.005), found.what
    else:
        # What is lost without a trace changes the diffusivity by less than the uncertainty of what is left.
        known = true.low95 < D.mean < true.high95 or D.low95 < true.mean < D.high95
        assert known, found.what
