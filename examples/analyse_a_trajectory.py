"""Diffusivity and conductivity with a 95 % interval, from a walk whose diffusivity is known."""

import numpy as np

from screening.campaign import VerdictRule
from screening.trajectory import Trajectory
from screening.transport import analyse, judge, judged_conductivity

IONS, FRAMES, FRAME_FS, JUMP_A, HOPS_PER_PS, CELL_A = 30, 1000, 100.0, 3.0, 0.05, 15.0
rng = np.random.default_rng(1)

# Na hops along the axes at random: D = rate * jump^2 / 6. A cage of S stays where it is and vibrates.
hops = rng.poisson(HOPS_PER_PS * FRAME_FS / 1000, (FRAMES, IONS))
axes = np.eye(3)[rng.integers(3, size=(FRAMES, IONS))]
steps = JUMP_A * hops[..., None] * rng.choice([-1, 1], (FRAMES, IONS, 1)) * axes
steps[0] = 0
sodium = rng.uniform(0, CELL_A, (IONS, 3)) + steps.cumsum(axis=0)
cage = np.argwhere(np.ones((3, 3, 3))) * CELL_A / 3 + rng.normal(0, 0.1, (FRAMES, 27, 3))
run = Trajectory(
    positions_A=np.concatenate([sodium, cage], axis=1),
    cell_A=CELL_A * np.eye(3),
    numbers=np.array([11] * IONS + [16] * 27),
    frame_fs=FRAME_FS,
)

found = analyse(run, species="Na", temperature_K=600)
rule = VerdictRule(temperature_K=None)
judged = judged_conductivity([found], rule)
D, sigma = found.D_cm2_s, found.sigma_mS_cm
print(f"true D    {HOPS_PER_PS * JUMP_A**2 / 6 * 1e-4:.2e} cm2/s")
print(f"found D   {D.mean:.2e} cm2/s, 95 % between {D.low95:.2e} and {D.high95:.2e}")
print(f"sigma     {sigma.mean:.0f} mS/cm, 95 % between {sigma.low95:.0f} and {sigma.high95:.0f}, at 600 K")
print(f"verdict   {judge(judged, rule)} (probability above 1 mS/cm: {judged.probability_above:.3f})")
