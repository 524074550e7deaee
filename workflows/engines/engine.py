"""What every engine does, whatever code it runs."""

from pathlib import Path
from typing import Protocol

from pymatgen.core import Structure

from screening.campaign.stages import RelaxationStage
from screening.relaxation.relaxation import Provenance, RelaxedStructure
from screening.value import Value


class MDSegmentJob(Value):
    """One segment of an MD run.

    Attributes
    ----------
    folder
        Folder of the whole run; segment `index` writes `segment-<index:04d>.npz` and its checkpoint there.
    index
        0 for the first segment; a later one starts from the checkpoint of `index - 1`.
    steps
        MD steps of this segment.
    frame_every
        Steps between stored frames.
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
    path
        Trajectory of a complete segment; the intermediate checkpoint of an interrupted one.
    frames, steps
        Stored frames and MD steps done so far.
    ended
        "complete", "walltime", or "signal" when the process was asked to end; a worker that sees "signal" should
        take no further work.
    energy_drift_meV_atom_ps
        Slope of the conserved quantity.
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


class Engine(Protocol):
    """A code that relaxes structures and runs MD.

    Both methods may be called again after any crash: what is finished is returned at once, what is half done
    goes on from its last checkpoint or starts afresh, and nothing half-written is taken for whole.
    """

    @property
    def provenance(self) -> Provenance:
        """Code, version and settings; equal `energy_key` means comparable energies."""
        ...

    def relax(self, structure: Structure, settings: RelaxationStage, folder: Path, *, name: str) -> RelaxedStructure:
        """Relax cell and positions in `folder`."""
        ...

    def run_segment(self, structure: Structure, job: MDSegmentJob) -> MDSegment:
        """Run one MD segment; `structure` is the start of segment 0 and gives the cell."""
        ...
