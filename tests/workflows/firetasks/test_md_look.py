"""A look at a growing MD run: extended until decided or the budget ends, and ended when the host melts."""

import time

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from screening.arrangements.candidate import Candidate
from screening.decision import Stage, Verdict
from screening.record.record import MDRecord
from screening.relaxation.relaxation import Provenance, RelaxedStructure
from screening.trajectory.segment_file import FrameList, segment_path
from screening.trajectory.trajectory import Trajectory
from screening.transport.analysis import analyse
from tests.screening.transport.walks import lattice_walk, trajectory
from workflows.campaign.campaign_file import open_campaign
from workflows.engines.checkpoint import write_arrays
from workflows.firetasks.md_look import MDLookTask
from workflows.firetasks.stage_task import StageContext
from workflows.md.runs import StoredSegment, segment_subject, trajectory_of
from workflows.operations.submit import submit
from workflows.spec import StageSpec, run_subject

pytestmark = pytest.mark.mongod

SUBJECT = "x_a1"
FRAMES_OF_A_PART, FRAME_fs, TEMPERATURE_K, PARTS = 200, 100.0, 600.0, 4
#: Nernst-Einstein conductivity of the synthetic walk below.
TRUE_mS_cm = 207.0
WARNING = "a time step of 10 fs does not conserve energy here"


def sound() -> Trajectory:
    rng = np.random.default_rng(7)
    return trajectory(rng, lattice_walk(rng, frames=PARTS * FRAMES_OF_A_PART + 1))


def with_host(run: Trajectory, change) -> Trajectory:
    positions = run.positions_A.copy()
    change(run, positions, np.linspace(0, 1, run.frames))
    return Trajectory(positions, run.cell_A, run.numbers, run.frame_fs)


def diffusing_host(run: Trajectory, positions: np.ndarray, _time: np.ndarray) -> None:
    host = np.concatenate([run.indices("P"), run.indices("S")])
    positions[:, host] += np.random.default_rng(5).normal(0, 0.25, (run.frames, len(host), 3)).cumsum(axis=0)


def breaking_bonds(run: Trajectory, positions: np.ndarray, time: np.ndarray) -> None:
    """Half of the sulfur leaves its phosphorus, which stays where it is."""
    leaving, centre = run.indices("S")[::2], np.repeat(run.indices("P"), 2)
    bond = positions[:, leaving] - positions[:, centre]
    positions[:, leaving] += bond * np.clip(10 * time - 1, 0, 1)[:, None, None]


def rotating_groups(run: Trajectory, positions: np.ndarray, time: np.ndarray) -> None:
    sulfur, phosphorus = run.indices("S"), run.indices("P")
    for frame, angle in enumerate(10 * time):
        turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
        centres = np.repeat(positions[frame, phosphorus], 4, axis=0)
        positions[frame, sulfur] = centres + (positions[frame, sulfur] - centres) @ turn.T


@pytest.fixture
def look(launchpad, campaign):
    """Return a function that stores the first parts of a trajectory and looks at them."""

    def looked(
        run: Trajectory,
        parts: int,
        *,
        threshold_mS_cm: float,
        close_factor: float | None = None,
        colder_K: float = 0.0,
        short_mS_cm: float | None = None,
        short_engine: Provenance | None = None,
    ):
        md = {"timestep_fs": 10, "length_ps": 20, "max_length_ps": 80, "segment_ps": 20, "equilibration_ps": 0.5}
        temperatures = [colder_K, TEMPERATURE_K] if colder_K else [TEMPERATURE_K]
        changes = {
            "long_md": {**md, "temperatures_K": temperatures, "frame_every_fs": FRAME_fs, "hottest_first": True},
            "verdict": {
                "temperature_K": colder_K or None,
                "threshold_mS_cm": threshold_mS_cm,
                "close_factor": close_factor,
            },
        }
        results = submit(open_campaign(str(campaign(**changes))), launchpad).results
        structure = Structure(Lattice(run.cell_A), run.numbers, run.positions_A[0], coords_are_cartesian=True)
        store(results, structure)
        for part in range(parts):
            store_part(results, run, part)
        if short_mS_cm is not None:
            store_short(results, run, short_mS_cm, short_engine)
        spec = StageSpec(
            campaign=results.entry.name,
            revision=results.entry.revision,
            composition="x",
            stage="long_md_look",
            subject=SUBJECT,
            part=0 if colder_K else parts,
            parts=(0, parts) if colder_K else (),
        )
        action = MDLookTask().run_stage(StageContext(spec, results.entry, results, launchpad, time.monotonic()))
        return action, results.decision("long_md", SUBJECT)

    return looked


def store(results, structure: Structure) -> None:
    candidate = Candidate(
        id=SUBJECT,
        composition_id="x",
        mother="x",
        formula="x",
        rank=1,
        ewald_energy_eV=0.0,
        multiplicity="1",
        certified=True,
        structure=structure,
        mobile="Na",
    )
    relaxed = RelaxedStructure(
        id=SUBJECT,
        structure=structure,
        energy_eV=0.0,
        converged=True,
        steps=1,
        max_force_eV_A=0.0,
        max_stress_GPa=0.0,
        volume_change=0.0,
        provenance=Provenance(engine="x", code="x", version="1", energy_key="x", settings={}),
    )
    results.put("candidate", SUBJECT, "h", candidate)
    results.put("relax", SUBJECT, "h", relaxed)


def store_part(results, run: Trajectory, part: int) -> None:
    """Write a part as an engine does: the start belongs to the first one only."""
    folder = results.entry.folder
    folder.mkdir(parents=True, exist_ok=True)
    frames = FrameList(run.cell_A, run.numbers, TEMPERATURE_K, 10.0)
    potential_eV = np.random.default_rng(1).normal(0, 0.1, run.frames)
    for frame in range(part * FRAMES_OF_A_PART + bool(part), (part + 1) * FRAMES_OF_A_PART + 1):
        frames.add(frame * round(FRAME_fs / 10), run.positions_A[frame], TEMPERATURE_K, potential_eV[frame], 0.0)
    path = segment_path(folder, part)
    segment = StoredSegment(
        index=part,
        path=path.relative_to(folder),
        sha256=write_arrays(path, frames.arrays()),
        frames=len(frames.step),
        steps=FRAMES_OF_A_PART * 10,
        complete=True,
        mean_temperature_K=TEMPERATURE_K,
        energy_drift_meV_atom_ps=0.0,
        core_seconds=1.0,
        bytes=path.stat().st_size,
        warnings=(WARNING,) if part == 0 else (),
    )
    results.put("long_md_segment", segment_subject(SUBJECT, TEMPERATURE_K, part), "h", segment)


def store_short(results, run: Trajectory, sigma_mS_cm: float, engine: Provenance | None) -> None:
    measured = analyse(run, species="Na", temperature_K=TEMPERATURE_K)
    factor = sigma_mS_cm / measured.sigma_mS_cm.mean
    transport = measured.model_copy(update={"sigma_mS_cm": measured.sigma_mS_cm.scaled(factor)})
    record = MDRecord(
        candidate_id=SUBJECT,
        stage=Stage.SHORT_MD,
        temperature_K=TEMPERATURE_K,
        timestep_fs=10.0,
        steps=1,
        segments=1,
        trajectory_files=(),
        energy_drift_meV_atom_ps=None,
        mean_temperature_K=None,
        transport=transport,
        ended="undecided",
        provenance=engine,
    )
    results.put("short_md", run_subject(SUBJECT, TEMPERATURE_K), f"h{sigma_mS_cm}", record)


def test_an_undecided_run_is_extended_until_its_budget_is_spent(look):
    for parts in range(1, PARTS):
        action, decision = look(sound(), parts, threshold_mS_cm=TRUE_mS_cm)
        assert decision is None
        assert action.stored_data == {"verdict": "undecided, extended"}
        added = [fw.spec["key"] for workflow in action.detours for fw in workflow.fws]
        assert added == [f"long_md:{SUBJECT}@600K#{parts}", f"long_md_look:{SUBJECT}#{parts + 1}"]
    action, decision = look(sound(), PARTS, threshold_mS_cm=TRUE_mS_cm)
    assert not action.detours
    assert decision.verdict is Verdict.UNDECIDED
    assert "the budget of MD is spent" in decision.reason
    assert decision.low95 < TRUE_mS_cm < decision.high95


def test_the_hottest_run_alone_can_rule_out_and_nothing_else(look):
    action, decision = look(sound(), 1, threshold_mS_cm=1e5, colder_K=300.0)
    assert not action.detours
    assert decision.verdict is Verdict.FAIL
    for threshold in (0.01, TRUE_mS_cm):
        action, decision = look(sound(), 1, threshold_mS_cm=threshold, colder_K=500.0)
        assert decision is None
        assert action.stored_data == {"verdict": "the colder runs may decide"}
        added = [fw.spec["key"] for workflow in action.detours for fw in workflow.fws]
        assert added == [f"long_md:{SUBJECT}@500K#0", f"long_md_look:{SUBJECT}#1"]


def test_a_run_that_is_known_to_be_close_to_the_threshold_ends_undecided(look):
    action, decision = look(sound(), 3, threshold_mS_cm=TRUE_mS_cm, close_factor=4.0)
    assert not action.detours
    assert decision.verdict is Verdict.UNDECIDED
    assert "it is known to lie within a factor of 4 of the threshold" in decision.reason
    assert TRUE_mS_cm / 4 <= decision.low95 < decision.high95 <= TRUE_mS_cm * 4


@pytest.mark.parametrize(("threshold", "verdict"), [(1.0, Verdict.PASS), (1e5, Verdict.FAIL)])
def test_a_run_whose_verdict_is_certain_ends(look, threshold: float, verdict: Verdict):
    action, decision = look(sound(), 3, threshold_mS_cm=threshold)
    assert not action.detours
    assert decision.verdict is verdict
    assert WARNING in decision.warnings


@pytest.mark.parametrize(
    ("change", "words"), [(diffusing_host, "the framework diffuses"), (breaking_bonds, "cation-anion bonds broke")]
)
def test_a_melted_framework_ends_the_run_before_its_budget(look, change, words: str):
    action, decision = look(with_host(sound(), change), 1, threshold_mS_cm=TRUE_mS_cm)
    assert not action.detours
    assert action.stored_data == {"verdict": "melted"}
    assert decision.verdict is Verdict.FAIL
    assert decision.reason.startswith("the host framework melted during the run")
    assert any(words in warning for warning in decision.warnings)


def test_a_trajectory_that_is_damaged_after_it_was_compared_is_run_again(look, monkeypatch):
    def damage_and_read(segments):
        content = bytearray(segments[-1].path.read_bytes())
        content[len(content) // 2] ^= 1
        segments[-1].path.write_bytes(content)
        return trajectory_of(segments)

    monkeypatch.setattr("workflows.firetasks.md_look.trajectory_of", damage_and_read)
    action, decision = look(sound(), 2, threshold_mS_cm=TRUE_mS_cm)
    assert decision is None
    assert action.stored_data == {"verdict": "damaged trajectories are run again"}
    (repeated, again) = (fw.spec["key"] for workflow in action.detours for fw in workflow.fws)
    assert repeated.startswith(f"long_md:{SUBJECT}@600K#1+")
    assert again == f"long_md_look:{SUBJECT}#2+1"


def test_rotating_groups_do_not_end_the_run(look):
    action, decision = look(with_host(sound(), rotating_groups), 1, threshold_mS_cm=TRUE_mS_cm)
    assert decision is None
    assert action.stored_data == {"verdict": "undecided, extended"}


def test_a_long_run_that_contradicts_the_short_one_says_so(look):
    _, decision = look(sound(), 3, threshold_mS_cm=1.0, short_mS_cm=1000 * TRUE_mS_cm)
    assert decision.verdict is Verdict.PASS
    assert any("at 600 K another run of this crystal" in warning for warning in decision.warnings)
    _, decision = look(sound(), 3, threshold_mS_cm=1.0, short_mS_cm=TRUE_mS_cm)
    assert not any("another run" in warning for warning in decision.warnings)


def test_a_run_of_another_engine_contradicts_nothing(look):
    other = Provenance(engine="x", code="x", version="1", energy_key="x", settings={})
    _, decision = look(sound(), 3, threshold_mS_cm=1.0, short_mS_cm=1000 * TRUE_mS_cm, short_engine=other)
    assert not any("another run" in warning for warning in decision.warnings)
