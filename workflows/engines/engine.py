"""What every engine does, whatever code it runs: the protocol, and the values that go in and out.

An engine is registered in :mod:`workflows.engines.registry`; the page "Add an engine" says which files it consists of.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from screening.campaign.stages import RelaxationStage
from screening.relaxation.relaxation import Provenance, RelaxedStructure
from screening.value import Value

if TYPE_CHECKING:
    from pymatgen.core import Structure


class MDSegmentJob(Value):
    """One segment of an MD run at constant volume.

    Attributes
    ----------
    folder
        Folder of the whole run; no other process works in it meanwhile.
    index
        0 for the first segment; a later one starts from the end state of `index - 1`.
    temperature_K
        Target of the thermostat.
    timestep_fs, steps
        Time step, and MD steps of this segment.
    frame_every
        Steps between stored frames.
    thermostat, thermostat_time_fs
        `nose-hoover` or `langevin`, and its time constant; one that the code lacks is a CampaignError.
    seed
        Of the initial velocities and a stochastic thermostat.
    walltime_s
        Stop cleanly after this time with what is done; the segment goes on when the job is run again.
    """

    folder: Path
    index: int
    temperature_K: float
    timestep_fs: float
    steps: int
    frame_every: int
    thermostat: str
    thermostat_time_fs: float
    seed: int
    walltime_s: float | None = None


class MDSegment(Value):
    """A finished (or cleanly interrupted) segment: a file with its checksum, and what was seen on the way.

    Attributes
    ----------
    index
        That of the job.
    path, sha256
        Trajectory of a complete segment, the intermediate checkpoint of an interrupted one; and its checksum.
    frames, steps
        Stored frames and MD steps done so far.
    complete
        Whether all steps are done.
    mean_temperature_K
        Over the stored frames.
    energy_drift_meV_atom_ps
        Slope of the conserved quantity; None below three frames.
    core_seconds
        Seconds times cores, those of the code that was started included.
    ended
        "complete", "walltime", or "signal" when the process was asked to end; a worker that sees "signal" takes no
        further work.
    warnings
        What a person should know about this segment, such as a time step too coarse for the vibrations.
    """

    index: int
    path: Path
    sha256: str
    frames: int
    steps: int
    complete: bool
    mean_temperature_K: float
    energy_drift_meV_atom_ps: float | None
    core_seconds: float
    ended: str = "complete"
    warnings: tuple[str, ...] = ()


class SinglePoint(Value):
    """Energy (eV) and forces (N, 3) in eV/A of one geometry, and the core seconds that they took.

    Attributes
    ----------
    energy_eV
        Of the cell.
    forces_eV_A
        Shape (N, 3).
    core_seconds
        Work of the calculation.
    """

    energy_eV: float
    forces_eV_A: tuple[tuple[float, float, float], ...]
    core_seconds: float = 0.0


class Engine(Protocol):
    """A code that relaxes structures and runs MD at constant volume.

    An engine is made once per process, from its settings alone, and serves many candidates one after the other.
    Making it starts nothing and needs nothing installed. Units are eV, A, GPa, fs, K and amu.

    Every call may be repeated, by another process and after a kill at any moment, with the same arguments and folder:

    - What is finished is returned at once, unchanged, and no code is started for it.
    - What is half done goes on from the last sound checkpoint, or starts afresh when there is none.
    - Nothing half-written is taken for whole: files are written with :func:`ewald.files.atomic.write_atomic`,
      archives with :func:`workflows.engines.checkpoint.write_arrays`.
    - Files of other settings or another structure are refused: everything that is kept carries a key, such as
      :func:`workflows.engines.segment_record.run_key`.

    Work runs within a :class:`workflows.process.stop.StopRequest`, whose `reason` says when to end ("walltime" or
    "signal"); an external code is started by :func:`workflows.process.run_code.run_code`, which ends it with all that
    it started.

    Errors, in both methods:

    - :class:`workflows.engines.errors.EngineError` with a `FailureReason`: a run failed. It is tried again up to
      `max_reruns` times, and `ionsieve status` groups failures by the reason.
    - `ewald.errors.CampaignError` and `DependencyError`: the user has to correct a setting, or to install something;
      the message says how. Not tried again.
    - `ewald.errors.CheckpointError`: files in the folder are damaged or of another run. In MD the caller moves record,
      trajectory and end state of the segment aside and calls again; when that fails too, those of the segment before.
    - `OSError` of a full disk: may pass as it is; the stage waits for disk space and calls again.

    Examples
    --------
    The skeleton of `run_segment`; `workflows/engines/cp2k` is a full engine::

        key = run_key(structure, job, self.provenance.energy_key)
        if (finished := finished_segment(job, key)) is not None:
            return finished
        start = previous_state(job, key) if job.index else self._first_state(structure, job)
        with StopRequest(job.walltime_s) as stop:
            frames, state, ended = self._advance(start, job, stop)  # writes partial_path(job.folder, job.index)
        if ended != "complete":
            return interrupt_segment(job, key, frames, steps_done, ended=ended, core_seconds=spent, warnings=[])
        return finish_segment(job, key, frames, state, core_seconds=spent, warnings=[])
    """

    @property
    def provenance(self) -> Provenance:
        """Code, version and settings, asked for before any work and without starting a calculation.

        `energy_key` is a hash (:func:`screening.value.content_hash`) of code, version and everything else that
        changes an energy, and of nothing else, such as cores or walltimes: only energies with equal keys meet in one
        hull. `settings` holds what a reader of the results should see, and `mp2020_corrections`: whether the Materials
        Project's 2020 corrections must be added to the energies before the hull.

        Raises
        ------
        DependencyError
            When the code or a package is not installed.
        CampaignError
            When the settings cannot be used on this machine.
        """
        ...

    def relax(self, structure: "Structure", settings: RelaxationStage, folder: Path, *, name: str) -> RelaxedStructure:
        """Relax cell and positions.

        Parameters
        ----------
        structure
            Ordered start structure; species may carry oxidation states.
        settings
            Thresholds (`force_eV_A`, `stress_GPa`), the largest number of ionic steps (`max_steps`), and the force
            threshold of a first pass in the fixed cell (`prerelax_force_eV_A`, None for no such pass).
        folder
            Where the engine keeps its files; made when missing, used for nothing else.
        name
            Id of the result.

        Returns
        -------
        RelaxedStructure
            The same ions in the same order, with the species and site properties of the start; the energy of the cell
            at that very geometry, without corrections; `checks` stays empty. `converged` is False when `max_steps`
            did not suffice, which is a result and no error.

        Raises
        ------
        EngineError
            When the code failed, or was told to end (`WALLTIME`, `STOPPED`): a repeated call goes on.
        """
        ...

    def point(self, structure: "Structure", folder: Path) -> SinglePoint:
        """Compute energy and forces of a structure as it is.

        Parameters
        ----------
        structure
            Ordered; species may carry oxidation states.
        folder
            Where the engine keeps its files, used for nothing else.

        Raises
        ------
        EngineError
            As for :meth:`relax`.
        """
        ...

    def run_segment(self, structure: "Structure", job: MDSegmentJob) -> MDSegment:
        """Run one MD segment, or the rest of it.

        A complete segment leaves three files, named by functions of :mod:`screening.trajectory.segment_file` and
        written in this order, so that a record is never there before what it speaks of:

        1. `state_path`: the end state, whatever the next segment needs, with the run's key;
        2. `segment_path`: the trajectory, and
        3. `record_path`: what was seen.

        :func:`workflows.engines.segment_record.finish_segment` writes all three.

        The trajectory holds the frames of all steps that are a multiple of `frame_every`, counted from the start of the
        run: step 0 in segment 0, in a later one only steps after the end of the one before. Positions are unwrapped and
        continuous over all segments, in the ions' order of `structure`.

        Parameters
        ----------
        structure
            Ordered start of segment 0; it gives the cell, the ions and their order to all segments.
        job
            What to run.

        Returns
        -------
        MDSegment
            The segment. One that was told to end is returned with `complete` False: that is no error.

        Raises
        ------
        CheckpointError
            When the segment before is not finished, or files are damaged or of another run.
        EngineError
            When the code failed: an energy that is `NOT_A_NUMBER`, a crystal that flies apart (`EXPLODED`), output
            that breaks off (`TRUNCATED`), a crash.
        """
        ...


@runtime_checkable
class TakesFiles(Protocol):
    """An engine that the user gives files of a potential to, which can be looked at before anything starts."""

    def check_supplied(self, elements: frozenset[str]) -> None:
        """See that the files are a potential of these elements; nothing is calculated."""
