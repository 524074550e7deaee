"""Settings of the LAMMPS engine."""

import re
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from workflows.engines.preset import EngineSettings

#: Commands that describe a potential. Others could run programs, read files that nobody sealed, or move the ions.
POTENTIAL_COMMANDS = frozenset(
    {
        "pair_style", "pair_coeff", "pair_modify", "kspace_style", "kspace_modify", "dielectric",
        "neighbor", "neigh_modify", "comm_modify",
    }
)  # fmt: skip
#: Commands that LAMMPS wants before there is a box.
BEFORE_BOX_COMMANDS = frozenset({"newton", "package", "processors", "suffix"})
#: Flags of the command line that would take input or output away from the engine.
_OWN_FLAGS = re.compile(r"-(i|in|l|log|sc|screen|e|echo|p|partition|pl|plog|ps|pscreen|r|r2data|r2dump|sr|skiprun)\Z")
_LABEL = re.compile(r"[A-Z][a-z]?(\d*\.?\d*[+-])?\Z")


class LammpsSettings(EngineSettings):
    """How LAMMPS is started, and the potential that it computes."""

    built_on_ase: ClassVar[bool] = True

    executable: str = Field("lmp", description="Executable, searched on PATH unless it is a path")
    launcher: tuple[str, ...] = Field(
        (), description="Words put before the executable, such as [/usr/bin/mpirun, -n, '4']; the first is a full path"
    )
    ranks: int = Field(1, ge=1, description="MPI ranks that the launcher starts; compared with what LAMMPS reports")
    threads: int = Field(1, ge=1, description="OpenMP threads per rank")
    command_line_flags: tuple[str, ...] = Field(
        (), description="Put after the executable, such as [-sf, gpu, -pk, gpu, '1'] or [-k, on, g, '1', -sf, kk]"
    )
    units: Literal["metal", "real"] = Field(
        "metal",
        description="Units of the potential's lines: eV and ps, or kcal/mol and fs; results are in eV either way",
    )
    potential: tuple[str, ...] = Field(
        (),
        description="Lines of LAMMPS input that define the potential. {Li} stands for the type of an ion, {elements} "
        "for the elements of all types in order, {name} for a file of `files`; a line of an ion that a cell lacks is "
        "left out",
    )
    before_box: tuple[str, ...] = Field((), description="Lines that LAMMPS wants before the cell, such as `newton off`")
    charges: dict[str, float] = Field(
        default_factory=dict,
        description="Charge by element (O: -2), or by species where an element has several (Fe2+: 2, Fe3+: 3)",
    )
    files: dict[str, str] = Field(
        default_factory=dict,
        description="Files of the potential by a name of your choice: paths from the folder of the file that names "
        "them; what they hold, not where they are, belongs to the energies",
    )
    masses_amu: dict[str, float] = Field(
        default_factory=dict, description="Masses for MD by element; heavier light ions allow a longer time step"
    )
    mp2020_corrections: bool = Field(
        False,
        description="Whether the Materials Project 2020 corrections must be added to the energies before the hull",
    )
    optimizer: Literal["FIRE", "BFGS", "LBFGS"] = Field("FIRE", description="ASE optimizer of the tight relaxation")
    checkpoint_every_s: float = Field(60.0, ge=0, description="Time between checkpoints of a relaxation")
    checkpoint_steps: int = Field(
        500,
        ge=1,
        description="MD steps between restart files: what a kill loses. Segments of a multiple of it are, to the bit, "
        "a run in one piece",
    )
    max_drift_meV_atom_ps: float = Field(5.0, gt=0, description="Drift of the conserved energy that raises a warning")

    @field_validator("potential")
    @classmethod
    def _describes_a_potential(cls, lines: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_checked(line, POTENTIAL_COMMANDS) for line in lines)

    @field_validator("before_box")
    @classmethod
    def _comes_before(cls, lines: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_checked(line, BEFORE_BOX_COMMANDS) for line in lines)

    @field_validator("charges", "masses_amu")
    @classmethod
    def _of_ions(cls, value: dict[str, float]) -> dict[str, float]:
        for label in value:
            if not _LABEL.match(label):
                raise ValueError(f"{label!r} is neither an element (Fe) nor a species (Fe3+)")
        return value

    @field_validator("files")
    @classmethod
    def _named_apart(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if _LABEL.match(name) or name == "elements" or not re.fullmatch(r"\w+", name):
                raise ValueError(
                    f"{name!r} cannot be distinguished from an ion; give the file another name, such as `model`"
                )
        return value

    @field_validator("command_line_flags")
    @classmethod
    def _harmless(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for word in value:
            if _OWN_FLAGS.match(word):
                raise ValueError(f"{word} is the engine's own; flags choose accelerators: -sf, -pk, -k")
        return value


def _checked(line: str, allowed: frozenset[str]) -> str:
    """Return a line of the user's; refuse commands of another kind and LAMMPS' own substitutions."""
    words = line.partition("#")[0].split()
    if not words:
        raise ValueError("an empty line")
    if words[0] not in allowed:
        if words[0] == "units":
            raise ValueError("units are a separate setting: `units: metal` or `units: real`")
        raise ValueError(f"`{words[0]}` is not allowed here; allowed are {', '.join(sorted(allowed))}")
    if "python" in words[1:2] or re.search(r"[$&`;\n\"']", line):
        raise ValueError(f"`{line}` holds a variable, a quote or a program; write plain words and numbers")
    if any(word[0] in "/~." and not word[1:2].isdigit() for word in words):
        raise ValueError(f"`{line}` names a file; name it under `files` and write its name in braces")
    return " ".join(words)
