"""Real LAMMPS: published potentials beside published results, MD that stops and goes on to the bit, and its messages.

SrTiO3: the Buckingham set, the energy and the cell that GULP relaxed to are from V. V. Gusev et al., Nature 619, 68
(2023) (github.com/lrcfmd/ipcsp, MIT). Copper: the Morse potential of L. A. Girifalco, V. G. Weizer, Phys. Rev. 114, 687
(1959).
"""

import json
import os
import shutil
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from ewald.errors import CampaignError, DependencyError
from screening.campaign.execution import EngineChoice
from screening.campaign.stages import RelaxationStage
from screening.trajectory.segment_file import segment_path
from workflows.engines.checkpoint import read_arrays
from workflows.engines.engine import MDSegmentJob
from workflows.engines.errors import EngineError, FailureReason
from workflows.engines.registry import check_supplied, load_engine

pytestmark = [
    pytest.mark.external,
    pytest.mark.skipif(shutil.which("lmp") is None, reason="LAMMPS is not installed (apt install lammps)"),
]
SRTIO3 = {
    "potential": [
        "pair_style buck/coul/long 10.0",
        "pair_coeff * * 0 0.3 0",
        "pair_coeff {Sr} {O} 1952.39 0.33685 19.22",
        "pair_coeff {Ti} {O} 4590.7279 0.261 0",
        "pair_coeff {O} {O} 1388.77 0.36262 175",
        "kspace_style ewald 1e-6",
    ],
    "charges": {"Sr": 2, "Ti": 4, "O": -2},
}
#: Of the relaxed cell, published with the set: GULP adds up the attraction to infinity, LAMMPS by `pair_modify tail`.
GULP_eV, GULP_A = -158.58354615, 3.955077
WHOLE = SRTIO3 | {"potential": ["pair_style buck/coul/long 12 10", "pair_modify tail yes", *SRTIO3["potential"][1:]]}
#: At 3.9 A with the cutoff, by IonSieve's own Ewald and pair sums (benchmarks/ipcsp).
OWN_START_eV = -158.41966769
MORSE_eV, MORSE_PER_A, MORSE_A = 0.3429, 1.3588, 2.866
COPPER = {"potential": ["pair_style morse 12.0", f"pair_coeff * * {MORSE_eV} {MORSE_PER_A} {MORSE_A}"]}
TIGHT = RelaxationStage(force_eV_A=0.002, stress_GPa=0.02, prerelax_force_eV_A=0.2)


def engine(settings, **more):
    return load_engine(EngineChoice(preset="lammps", settings=settings | more))


def perovskite(edge_A=3.9):
    sites = [[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]]
    return Structure(Lattice.cubic(edge_A), ["Sr2+", "Ti4+", "O2-", "O2-", "O2-"], sites)


def turned(structure):
    """The same crystal in a left-handed, tilted cell that no axis is along."""
    rotation, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))
    tilted = structure * [[1, 1, 0], [0, 1, 0], [1, 0, -1]]
    return Structure(Lattice(tilted.lattice.matrix @ rotation), tilted.species, tilted.frac_coords)


def test_energy_and_cell_of_an_oxide_are_those_published(tmp_path: Path):
    assert engine(SRTIO3).point(perovskite(), tmp_path / "start").energy_eV == pytest.approx(OWN_START_eV, abs=1e-4)
    lammps = engine(WHOLE)
    relaxed = lammps.relax(perovskite(), TIGHT, tmp_path / "relax", name="SrTiO3")
    assert relaxed.converged
    assert relaxed.energy_eV == pytest.approx(GULP_eV, abs=3e-3)
    assert relaxed.structure.lattice.abc == pytest.approx((GULP_A,) * 3, abs=1e-3)
    assert relaxed.provenance.code == "LAMMPS"
    assert relaxed.provenance.version
    again = lammps.relax(perovskite(), TIGHT, tmp_path / "relax", name="SrTiO3")
    assert again.to_document() == relaxed.to_document()


def test_a_cell_may_lie_in_space_as_it_likes(tmp_path: Path):
    lammps = engine(WHOLE)
    straight = perovskite()
    straight.translate_sites([1], [0.03, 0.05, -0.02], frac_coords=False)
    lying = turned(straight)
    first, second = (lammps.point(one, tmp_path / str(number)) for number, one in enumerate((straight, lying)))
    assert second.energy_eV == pytest.approx(first.energy_eV, abs=1e-4)
    assert np.linalg.norm(second.forces_eV_A, axis=1) == pytest.approx(
        np.linalg.norm(first.forces_eV_A, axis=1), abs=2e-4
    )
    relaxed = lammps.relax(lying, TIGHT, tmp_path / "relax", name="SrTiO3")
    assert relaxed.converged
    assert relaxed.structure.species == lying.species
    assert relaxed.structure.volume == pytest.approx(GULP_A**3, rel=1e-3)


def test_forces_and_stress_are_slopes_of_the_energy(tmp_path: Path):
    from workflows.engines.ase.inputs import build_atoms

    lammps = engine(
        SRTIO3 | {"potential": [*SRTIO3["potential"][:-1], "pair_modify shift yes table 0", "kspace_style ewald 1e-9"]}
    )
    crystal = turned(perovskite())
    crystal.perturb(0.1, seed=3)
    atoms = build_atoms(crystal, lammps.settings, tmp_path)
    forces, stress, cell = atoms.get_forces(), atoms.get_stress(voigt=False), np.array(atoms.cell)
    step, energies = 1e-3, []
    for sign in (-1, 1):
        moved = atoms.copy()
        moved.calc = atoms.calc
        moved.positions[2] += np.array([0.0, sign * step, 0.0])
        energies.append(moved.get_potential_energy())
    assert -(energies[1] - energies[0]) / (2 * step) == pytest.approx(forces[2, 1], abs=5e-4)
    for i, j in ((0, 0), (1, 2)):
        energies = []
        for sign in (-1, 1):
            strain = np.eye(3)
            strain[i, j] += sign * step / 2
            strain[j, i] += sign * step / 2
            moved = atoms.copy()
            moved.calc = atoms.calc
            moved.set_cell(cell @ strain, scale_atoms=True)
            energies.append(moved.get_potential_energy())
        slope = (energies[1] - energies[0]) / (2 * step) / atoms.get_volume()
        assert slope == pytest.approx(stress[i, j], abs=3e-4)
    atoms.calc.close()


def morse_sum_eV(edge_A, cutoff_A=12.0):
    """Energy of fcc copper per atom, added up pair by pair."""
    reach = int(cutoff_A / edge_A) + 2
    cells = np.stack(np.meshgrid(*[np.arange(-reach, reach + 1)] * 3), axis=-1).reshape(-1, 3)
    basis = np.array([[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])
    distances = np.linalg.norm((cells[:, None] + basis).reshape(-1, 3) * edge_A, axis=1)
    pairs = distances[(distances > 0) & (distances < cutoff_A)]
    one = np.exp(-MORSE_PER_A * (pairs - MORSE_A))
    return 0.5 * MORSE_eV * float((one**2 - 2 * one).sum())


def test_morse_copper_beside_a_plain_sum_and_in_other_units(tmp_path: Path):
    copper = Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.7), ["Cu"], [[0, 0, 0]])
    metal = engine(COPPER)
    assert metal.point(copper, tmp_path / "point").energy_eV == pytest.approx(4 * morse_sum_eV(3.7), abs=1e-9)
    relaxed = metal.relax(copper, TIGHT, tmp_path / "metal", name="Cu")
    # 3.615 A measured; the potential was fitted to it.
    assert relaxed.structure.lattice.a == pytest.approx(3.615, abs=0.02)
    lowest = min(np.linspace(3.55, 3.7, 151), key=morse_sum_eV)
    assert relaxed.structure.lattice.a == pytest.approx(lowest, abs=0.002)
    kcal_mol = 0.0433641
    real = engine(
        {
            "units": "real",
            "potential": [COPPER["potential"][0], f"pair_coeff * * {MORSE_eV / kcal_mol} {MORSE_PER_A} {MORSE_A}"],
        }
    )
    copper.translate_sites([0], [0.1, 0, 0], frac_coords=False)
    first, second = metal.point(copper, tmp_path / "a"), real.point(copper, tmp_path / "b")
    assert second.energy_eV == pytest.approx(first.energy_eV, rel=1e-5)
    assert np.array(second.forces_eV_A) == pytest.approx(np.array(first.forces_eV_A), abs=1e-4)
    assert real.relax(copper, TIGHT, tmp_path / "real", name="Cu").energy_eV == pytest.approx(
        relaxed.energy_eV, rel=1e-5
    )


@pytest.fixture
def job(tmp_path: Path) -> MDSegmentJob:
    return MDSegmentJob(
        folder=tmp_path / "md",
        index=0,
        temperature_K=900,
        timestep_fs=1,
        steps=400,
        frame_every=20,
        thermostat="nose-hoover",
        thermostat_time_fs=100,
        seed=5,
    )


def crystal():
    return turned(perovskite(GULP_A) * [2, 1, 1])


def frames(folder, segments):
    parts = [read_arrays(segment_path(folder, index)) for index in range(segments)]
    names = ("step", "positions_A", "temperature_K", "potential_eV", "total_eV")
    return {name: np.concatenate([part[name] for part in parts]) for name in names}


def same(first, second):
    return all(np.array_equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("thermostat", ["nose-hoover", "langevin"])
@pytest.mark.parametrize("kspace", ["ewald 1e-5", "pppm 1e-5"])
def test_segments_are_one_run_to_the_bit(job: MDSegmentJob, thermostat: str, kspace: str):
    potential = [*SRTIO3["potential"][:-1], f"kspace_style {kspace}"]
    lammps = engine(SRTIO3, potential=potential, checkpoint_steps=50)
    job = job.model_copy(update={"thermostat": thermostat})
    whole = lammps.run_segment(crystal(), job)
    assert whole.complete
    assert whole.steps == 400
    parts = job.model_copy(update={"folder": job.folder.with_name("parts")})
    for index, steps in enumerate((100, 250, 50)):
        assert lammps.run_segment(crystal(), parts.model_copy(update={"index": index, "steps": steps})).complete
    one, several = frames(job.folder, 1), frames(parts.folder, 3)
    assert one["step"].tolist() == list(range(0, 401, 20))
    assert same(one, several)
    # The conserved energy is one over the joins as well.
    assert np.ptp(one["total_eV"][1:]) / len(crystal()) < 0.002
    assert one["temperature_K"][0] == pytest.approx(900)
    assert one["positions_A"][0] == pytest.approx(crystal().cart_coords, abs=1e-9)
    assert lammps.run_segment(crystal(), job) == whole


def test_a_killed_run_goes_on_to_the_same_bits(job: MDSegmentJob):
    lammps = engine(SRTIO3, checkpoint_steps=50)
    assert lammps.run_segment(crystal(), job).complete
    killed = job.model_copy(update={"folder": job.folder.with_name("killed")})
    killer = threading.Thread(target=_kill_after, args=(killed.folder / "lammps-0000/attempt-00", "state.*.restart"))
    killer.start()
    with pytest.raises(EngineError, match="truncated-output"):
        lammps.run_segment(crystal(), killed)
    killer.join()
    assert lammps.run_segment(crystal(), killed).complete
    assert (killed.folder / "lammps-0000/attempt-01").exists()
    assert same(frames(job.folder, 1), frames(killed.folder, 1))


def _kill_after(attempt: Path, pattern: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if any(attempt.glob(pattern)):
            os.killpg(json.loads((attempt / "process.json").read_bytes())["pid"], signal.SIGKILL)
            return
        time.sleep(0.002)


def test_a_run_that_meets_its_walltime_is_no_error(job: MDSegmentJob):
    lammps = engine(SRTIO3, checkpoint_steps=20)
    stopped = lammps.run_segment(crystal(), job.model_copy(update={"steps": 100_000, "walltime_s": 2.0}))
    assert (stopped.complete, stopped.ended) == (False, "walltime")
    assert stopped.steps % 20 == 0


def test_a_relaxation_takes_up_where_it_was_told_to_end(tmp_path: Path):
    lammps = engine(SRTIO3, checkpoint_every_s=0)
    start = turned(perovskite())
    start.perturb(0.05, seed=1)
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    try:
        with pytest.raises(EngineError) as caught:
            lammps.relax(start, TIGHT.model_copy(update={"force_eV_A": 1e-9, "max_steps": 10**6}), tmp_path, name="x")
    finally:
        timer.cancel()
    assert caught.value.reason is FailureReason.STOPPED
    assert not list(tmp_path.rglob("process.json"))


@pytest.mark.parametrize(
    ("potential", "error", "message"),
    [
        (
            ["pair_style buckk 10"],
            DependencyError,
            r"potential = 'pair_style buckk 10': LAMMPS: Unrecognized pair style",
        ),
        (["pair_style morse 8"], CampaignError, "All pair coeffs are not set"),
        (
            ["pair_style morse 8", "pair_coeff * * 1"],
            CampaignError,
            r"potential = 'pair_coeff \* \* 1': LAMMPS: Incorrect args",
        ),
        (["pair_style eam/alloy", "pair_coeff * * {model} {elements}"], CampaignError, "correct the potential's lines"),
    ],
)
def test_lammps_messages_are_one_line_that_says_where(potential, error, message, tmp_path: Path):
    (tmp_path / "wrong.eam").write_text("nothing\n")
    files = {"model": str(tmp_path / "wrong.eam")} if "{model}" in potential[-1] else {}
    choice = EngineChoice(preset="lammps", settings={"potential": potential, "files": files})
    with pytest.raises(error, match=message) as caught:
        check_supplied(choice, frozenset({"Cu"}))
    assert "\n" not in str(caught.value)


def test_ions_that_fly_apart_are_an_explosion(job: MDSegmentJob):
    lammps = engine(COPPER, checkpoint_steps=50)
    copper = Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Cu"], [[0, 0, 0]]) * [2, 2, 2]
    copper.translate_sites([0], [1.6, 0, 0], frac_coords=False)
    with pytest.raises(EngineError) as caught:
        lammps.run_segment(copper, job.model_copy(update={"timestep_fs": 200.0}))
    assert caught.value.reason is FailureReason.EXPLODED


@pytest.mark.skipif(shutil.which("mpirun") is None, reason="Open MPI is not installed")
def test_ranks_are_counted_and_a_run_on_two_goes_on_to_the_bit(job: MDSegmentJob):
    launcher = ["/usr/bin/mpirun", "--allow-run-as-root", "--oversubscribe", "-n", "2"]
    with pytest.raises(EngineError, match="2 MPI ranks ran where the preset asks for 1"):
        engine(SRTIO3, launcher=launcher).point(crystal(), job.folder)
    lammps = engine(SRTIO3, launcher=launcher, ranks=2, checkpoint_steps=50)
    job = job.model_copy(update={"steps": 100})
    assert lammps.run_segment(crystal(), job).complete
    parts = job.model_copy(update={"folder": job.folder.with_name("parts"), "steps": 50})
    for index in range(2):
        assert lammps.run_segment(crystal(), parts.model_copy(update={"index": index})).complete
    assert same(frames(job.folder, 1), frames(parts.folder, 2))
