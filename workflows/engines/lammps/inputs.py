"""LAMMPS' data file and scripts, from a structure, settings and what is to be done."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Element, Structure

from ewald.errors import CampaignError
from workflows.engines.engine import MDSegmentJob
from workflows.engines.lammps.box import Box
from workflows.engines.lammps.potential import IonTypes, charges_e, potential_lines
from workflows.engines.lammps.settings import LammpsSettings
from workflows.engines.lammps.units import UNITS

SCRIPT = "run.in"
#: What LAMMPS prints, in full once it has ended; and its log, of which every row is written out at once.
OUTPUT = "run.out"
LOG = "run.log"
START = "start.data"
START_STATE = "start.restart"
FRAMES = "frames.dump"
FORCES = "forces.dump"
PLACES = ("xu", "yu", "zu")
MOVED = "moved.dump"
POINT = "point.txt"
STATE = "state.{}.restart"
#: LAMMPS takes seeds up to nine hundred million.
_SEEDS = 900_000_000
_KEYS = "step temp pe etotal"
#: Columns of the table of MD.
MD_COLUMNS = 5


class Cell:
    """One structure as LAMMPS gets it: box, types, charges and the lines of its potential.

    Parameters
    ----------
    structure
        Ordered; positions stay unwrapped.
    settings
        The potential, by the user's lines.
    neutral
        Whether the charges must add up to zero.

    Raises
    ------
    CampaignError
        When charges or lines do not fit the ions.
    """

    def __init__(self, structure: Structure, settings: LammpsSettings, *, neutral: bool = True) -> None:
        self.structure = structure
        self.settings = settings
        self.box = Box.of(structure.lattice.matrix)
        self.types = IonTypes.of(structure, settings)
        self.charges_e = charges_e(self.types, settings, neutral=neutral)
        self.lines = potential_lines(self.types, settings)

    def data(self) -> str:
        """Return the data file."""
        (lx, _, _), (xy, ly, _), (xz, yz, lz) = self.box.cell_A.tolist()
        masses = [self._mass_amu(element) for element in self.types.elements]
        kinds = enumerate(zip(masses, self.types.labels, strict=True), start=1)
        ions = zip(self.types.of_ion.tolist(), self.box.places(self.structure.cart_coords).tolist(), strict=True)
        return "\n".join(
            (
                f"{self.structure.composition.formula}", "",
                f"{len(self.structure)} atoms", f"{len(masses)} atom types", "",
                f"0 {lx!r} xlo xhi", f"0 {ly!r} ylo yhi", f"0 {lz!r} zlo zhi", f"{xy!r} {xz!r} {yz!r} xy xz yz", "",
                "Masses", "", *(f"{number} {mass!r} # {label}" for number, (mass, label) in kinds), "",
                "Atoms # charge", "",
                *(f"{number} {kind} {self.charges_e[kind - 1]:.12g} {x!r} {y!r} {z!r}"
                  for number, (kind, (x, y, z)) in enumerate(ions, start=1)), "",
            )
        )  # fmt: skip

    def _mass_amu(self, element: str) -> float:
        return self.settings.masses_amu.get(element, float(Element(element).atomic_mass))

    def opening(self, state: str | None = None) -> Iterator[str]:
        """Yield the commands that set up cell and potential, from a restart file or from the data file.

        The order of the ions in memory is never changed, so that sums are added up in the same order after a restart.
        """
        yield f"units {self.settings.units}"
        yield from self.settings.before_box
        yield from ("atom_style charge", "boundary p p p", "atom_modify map yes sort 0 0")
        yield "neigh_modify delay 0 every 1 check yes"
        yield from ("box tilt large", f"read_data {START}" if state is None else f"read_restart {state}")
        yield from self.lines


def moved(box: Box, places_A: NDArray[np.float64]) -> str:
    """Return a dump of a geometry, which LAMMPS reads in place of the one it has."""
    (lx, _, _), (xy, ly, _), (xz, yz, lz) = box.cell_A.tolist()
    # LAMMPS writes the bounds of the box around a tilted cell.
    low_x, high_x = min(0.0, xy, xz, xy + xz), lx + max(0.0, xy, xz, xy + xz)
    low_y, high_y = min(0.0, yz), ly + max(0.0, yz)
    return "\n".join(
        (
            "ITEM: TIMESTEP", "0", "ITEM: NUMBER OF ATOMS", str(len(places_A)),
            "ITEM: BOX BOUNDS xy xz yz pp pp pp", f"{low_x!r} {high_x!r} {xy!r}", f"{low_y!r} {high_y!r} {xz!r}",
            f"0.0 {lz!r} {yz!r}", "ITEM: ATOMS id x y z",
            *(f"{number} {x!r} {y!r} {z!r}" for number, (x, y, z) in enumerate(places_A.tolist(), start=1)), "",
        )
    )  # fmt: skip


def static_opening(cell: Cell) -> str:
    """Return the commands before the first point: what is computed is the virial's pressure, without kinetic energy."""
    lines = [*cell.opening(), "compute virial all pressure NULL virial"]
    columns = " ".join(f"c_virial[{number}]" for number in range(1, 7))
    return _script([*lines, f"thermo_style custom step pe {columns}", "thermo_modify norm no flush yes"])


def next_point(*, moved: bool) -> str:
    """Return the commands of one point: forces into a dump, then energy and pressure into a file that appears whole.

    Parameters
    ----------
    moved
        Whether cell and positions come from :data:`MOVED`; else they are those of the data file.
    """
    lines = [f"read_dump {MOVED} 0 x y z box yes replace yes"] if moved else []
    lines += ["run 0 post no", f"write_dump all custom {FORCES} id fx fy fz modify sort id format float %.17g"]
    numbers = " ".join(f"$(c_virial[{number}]:%.17g)" for number in range(1, 7))
    lines += [f'print "$(pe:%.17g) {numbers}" file new.txt screen no', f"shell mv new.txt {POINT}"]
    return _script(lines)


def md_script(cell: Cell, job: MDSegmentJob, *, first: int, end: int) -> str:
    """Return the script of MD from step `first` to `end`, in blocks that each begin from a restart file.

    A restart changes the last bits: neighbour lists are new, and LAMMPS turns positions in a tilted cell to fractional
    ones and back. Here every block, up to a multiple of `checkpoint_steps`, ends with a restart file and the next reads
    it, whether the process was killed between them or not: a run in pieces is the same as a run in one.

    Parameters
    ----------
    cell
        The start, or any structure of the same ions when `first` is not zero.
    job
        What to run.
    first, end
        Steps, counted from the start of the run.

    Raises
    ------
    CampaignError
        When LAMMPS has no such thermostat here.
    """
    lines: list[str] = []
    every, step, state = cell.settings.checkpoint_steps, first, START_STATE if first else None
    while step < end:
        upto = min((step // every + 1) * every, end)
        lines += [*cell.opening(state), *_dynamics(cell, job, step)]
        if step == 0:
            speed = f"{job.temperature_K!r} {_seed(job.seed, 0)} mom yes rot no dist gaussian loop all"
            lines.append(f"velocity all create {speed}")
        lines += [f"run {upto - step}", "write_restart new.restart", f"shell mv new.restart {STATE.format(upto)}"]
        if step > first:
            lines.append(f"shell rm {STATE.format(step)}")
        step, state = upto, STATE.format(upto)
        lines += ["clear"] if step < end else []
    return _script(lines)


def _dynamics(cell: Cell, job: MDSegmentJob, step: int) -> list[str]:
    """Return what a block that begins with a step does in every step, and what it writes."""
    time_fs = UNITS[cell.settings.units].time_fs
    return [
        f"timestep {job.timestep_fs / time_fs:.15g}",
        *_thermostat(job, step, time_fs),
        f"thermo_style custom {_KEYS} f_bath",
        "thermo_modify format float %.17g norm no flush yes",
        f"thermo {job.frame_every}",
        f"dump frames all custom {job.frame_every} {FRAMES} id xu yu zu",
        "dump_modify frames sort id format float %.17g flush yes append yes",
    ]


def _thermostat(job: MDSegmentJob, step: int, time_fs: float) -> list[str]:
    """Return the integrator; a stochastic bath has a seed of its own in every block, as restart files keep none."""
    if job.thermostat == "nose-hoover":
        damp = f"{job.thermostat_time_fs / time_fs:.15g}"
        return [f"fix bath all nvt temp {job.temperature_K!r} {job.temperature_K!r} {damp}"]
    if job.thermostat == "langevin":
        return ["fix move all nve", *_langevin(job, step, time_fs)]
    raise CampaignError("LAMMPS runs nose-hoover or langevin", field="thermostat", value=job.thermostat)


def _langevin(job: MDSegmentJob, step: int, time_fs: float) -> list[str]:
    damp = f"{job.thermostat_time_fs / time_fs:.15g}"
    temperature = repr(job.temperature_K)
    seed = _seed(job.seed, step)
    return [f"fix bath all langevin {temperature} {temperature} {damp} {seed} zero yes tally yes"]


def _seed(seed: int, step: int) -> int:
    return (seed * 1_000_003 + step * 7919) % _SEEDS + 1


def _script(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"
