"""Options that say how a trajectory is to be read, shared by the commands that take one."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from screening.trajectory.trajectory import Trajectory

TimestepOption = Annotated[float | None, typer.Option(help="MD time step, if the file does not say")]
EveryOption = Annotated[int | None, typer.Option(help="MD steps between stored frames, if the file does not say")]
StructureOption = Annotated[
    Path | None,
    typer.Option(help="Structure file that gives cell and elements where the trajectory has none (XYZ, XTC, DCD)"),
]
ElementsOption = Annotated[
    str | None, typer.Option(help="Elements of types 1, 2, ... (Li,P,S,Cl), of names (OW=O), or in order (Li24,P4)")
]
LengthUnitOption = Annotated[
    str | None, typer.Option(help="angstrom, bohr or nm, if the file does not say and it is not angstrom")
]
CellFileOption = Annotated[Path | None, typer.Option(help="CP2K's .cell file of a run with a changing cell")]
FramesOption = Annotated[
    str | None,
    typer.Option(
        help="START:STOP: only these stored frames of each run, counted from 0 (100:, :300; :200,300: joins two)"
    ),
]


@dataclass(frozen=True)
class Reading:
    """What the user says beside the files, see :func:`screening.trajectory.read.read_trajectory`."""

    timestep_fs: float | None
    every: int | None
    elements: str | None
    structure: Path | None
    length_unit: str | None
    cell_file: Path | None
    frames: str | None

    def read(self, files: Sequence[Path]) -> "Trajectory":
        """Read the files of one run."""
        from screening.trajectory.read import read_trajectory

        return read_trajectory(files, **vars(self))
