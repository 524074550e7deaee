"""Agreement with kinisi."""

import numpy as np

from screening.transport.diffusivity import fit_diffusivity
from screening.transport.displacement import displacements
from screening.transport.framework import count_hops
from screening.transport.kinisi_estimator import kinisi_diffusivity
from tests.screening.transport.walks import FRAME_FS, lattice_walk


def fitted(walk):
    return fit_diffusivity(displacements(walk, FRAME_FS), hops=count_hops(walk, FRAME_FS))


def test_agrees_with_kinisi():
    walk = lattice_walk(np.random.default_rng(11), ions=30, frames=1500, vibration_A=0.3)
    ours, theirs = fitted(walk).tracer.estimate(), kinisi_diffusivity(walk, FRAME_FS)
    assert theirs.low95 < ours.mean < theirs.high95
    assert ours.low95 < theirs.mean < ours.high95
