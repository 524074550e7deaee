"""The ``ewald`` command line: count a configuration space, screen it for the lowest arrangements."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ewald.cli import prove as cli_prove
from ewald.cli.text import count_document, kept, summary
from ewald.errors import StructureError, UserError
from ewald.numbers import exact_count
from ewald.version import __version__

if TYPE_CHECKING:
    from ewald.search.result import ScreenResult
    from ewald.space.space import ConfigurationSpace

_EPILOG = """examples:
  ewald count Li10GeP2S12.cif --couple Li
  ewald screen doped.cif --supercell "2 2 3" --charges Na=1,Sb=5,W=6,S=-2 --keep 5 --out lowest
  mpiexec -n 64 ewald screen doped.cif --method exhaustive --out all --resume
"""


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(
        prog="ewald",
        description="Ion arrangements of lowest electrostatic energy on the sites of a crystal, with a proof.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"ewald (IonSieve) {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    count = commands.add_parser("count", help="count arrangements, all and symmetry-distinct")
    screen = commands.add_parser("screen", help="find the arrangements of lowest energy")
    for command in (count, screen):
        _add_input(command)
    _add_search(screen)
    cli_prove.add_commands(commands)
    return parser


def _add_input(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", metavar="INPUT", help="structure file with partial occupancies, or a YAML space file")
    parser.add_argument("--supercell", metavar='"A B C"', help='supercell, "2 2 3" or nine integers of a matrix')
    parser.add_argument(
        "--charges",
        metavar="Na=1,S=-2",
        help="oxidation states; they take precedence over those of the file",
    )
    parser.add_argument(
        "--couple",
        metavar="NAME",
        action="append",
        default=[],
        help="let sublattices share their ions: an element (Li), or names joined by + (Na1+Na2); repeatable",
    )
    parser.add_argument(
        "--balance", metavar="NAME", help="sublattice or element whose numbers are set by neutrality, not by occupancy"
    )
    parser.add_argument(
        "--free",
        metavar="NAME[:SPECIES=LOW-HIGH,...]",
        action="append",
        default=[],
        help="leave the numbers on a sublattice open: every neutral choice is a separate space; repeatable",
    )
    parser.add_argument(
        "--min-distance", metavar="A", type=float, help="variable sites closer than this are never both occupied"
    )
    parser.add_argument(
        "--occupancy-tolerance",
        metavar="X",
        type=float,
        help="largest change of an occupancy that counts as rounding in the file (default 0.005)",
    )
    parser.add_argument(
        "--symprec", metavar="A", type=float, help="tolerance of the symmetry search, in angstrom (default 0.01)"
    )
    reading = parser.add_argument_group("the file")
    reading.add_argument("--block", metavar="NAME", help="data block of a CIF (default: the first with atoms)")
    reading.add_argument(
        "--occupancy",
        metavar="Li=1/2",
        action="append",
        default=[],
        help="what sites hold: Li=1/2 (the rest vacancy), or P:P=3/4,Si=1/4, by element or label; repeatable",
    )
    reading.add_argument(
        "--ignore-formula", action="store_true", help="continue if no site has some element of the file's formula"
    )
    nearest = parser.add_argument_group("the nearest neutral crystal, where occupancies are no whole numbers")
    nearest.add_argument(
        "--ions", metavar="N", type=int, help="most ions in a supercell that is not given (default 250)"
    )
    nearest.add_argument(
        "--mobile",
        metavar="EL",
        help="element whose partially occupied sites share their ions, or none (default: found)",
    )
    nearest.add_argument(
        "--write-space", metavar="FILE.yaml", help="write a space file with the choices made, and continue"
    )
    nearest.add_argument("--strict", action="store_true", help="refuse any change of what the file says")
    parser.add_argument(
        "--pairs",
        metavar="FILE",
        help="YAML file of pair terms, effective charges and permittivity, or born_mayer: a repulsion by ionic radii",
    )
    parser.add_argument("--json", action="store_true", help="print JSON on stdout")


def _add_search(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--method", default="auto", choices=("auto", "exact", "exhaustive", "sample"), help="search (default auto)"
    )
    parser.add_argument(
        "--keep", type=int, metavar="K", help="how many distinct arrangements (default 5, or all if fewer)"
    )
    parser.add_argument("--out", metavar="DIR", help="write result.json, CIFs and checkpoints there")
    parser.add_argument(
        "--write",
        metavar="WHICH",
        help="also write into --out: all distinct arrangements (all), random ones (random:N), or a Boltzmann sample "
        "(boltzmann:N@T, T in kelvin)",
    )
    parser.add_argument(
        "--missing",
        type=float,
        default=0.01,
        metavar="X",
        help="share of the Boltzmann weight that a sample may leave out: as many of the lowest are proven as that "
        "takes (default 0.01)",
    )
    parser.add_argument(
        "--order",
        default="found",
        choices=("found", "symmetry"),
        help="of what --write writes: as found, or the highest symmetry first",
    )
    parser.add_argument(
        "--format",
        default="cif",
        choices=("cif", "poscar", "extxyz"),
        help="of the arrangements in --out (default cif)",
    )
    parser.add_argument("--time-limit", type=float, metavar="S", help="stop after S seconds with the best found")
    parser.add_argument(
        "--tolerance",
        type=float,
        default=0.0,
        metavar="X",
        help="stop once the lowest is proven to within X meV per ion (default 0: proven to be the lowest)",
    )
    parser.add_argument(
        "--certificate",
        action="store_true",
        help="prove the result once more and write certificate.npz to --out, for ewald verify (by the first rank)",
    )
    parser.add_argument("--no-symmetry", action="store_true", help="do not use symmetry; copies count as distinct")
    parser.add_argument("--resume", action="store_true", help="resume from the checkpoints in --out")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed of random numbers (default 0)")
    parser.add_argument(
        "--workers", type=int, metavar="N", help="threads per process (default: all cores, under MPI one)"
    )


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code: 0, or 2 for a mistake in the input."""
    options = build_parser().parse_args(arguments)
    try:
        if options.command in {"prove", "verify"}:
            _print((cli_prove.prove if options.command == "prove" else cli_prove.verify)(options))
            return 0
        return _count(options) if options.command == "count" else _screen(options)
    except StructureError as error:
        print(f"ewald: {error.in_file(options.input)}", file=sys.stderr)  # noqa: T201
        return 2
    except UserError as error:
        print(f"ewald: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except KeyboardInterrupt:
        print("ewald: interrupted", file=sys.stderr)  # noqa: T201
        return 130


def _spaces(options: argparse.Namespace) -> "tuple[ConfigurationSpace, ...] | ConfigurationSpace":
    """Read the input, and write the space file where it is wanted."""
    found = _read(options)
    if options.write_space:
        from ewald.files.atomic import write_atomic
        from ewald.io.write_space import space_text

        if isinstance(found, tuple):
            raise UserError("numbers of ions are free: there are several spaces", field="--write-space")
        write_atomic(Path(options.write_space), space_text(found))
    return found


def _read(options: argparse.Namespace) -> "tuple[ConfigurationSpace, ...] | ConfigurationSpace":
    """Read the input: one space, or a tuple of spaces where numbers of ions are free."""
    from ewald.io.read import from_file, is_space_file, neutral_spaces
    from ewald.io.structure import existing_file

    given = _input_options(options)
    free = bool(options.free)
    if not free and is_space_file(existing_file(options.input)):
        from ewald.io.space_file import has_free_numbers

        free = has_free_numbers(Path(options.input))
    if not free:
        return from_file(options.input, **given)
    if options.balance:
        raise UserError("--free and --balance exclude one another", field="--balance", value=options.balance)
    return neutral_spaces(options.input, options.free, **given)


def _input_options(options: argparse.Namespace) -> dict[str, Any]:
    from ewald.io.oxidation import parse_charges

    given: dict[str, Any] = {
        "supercell": options.supercell,
        "charges": parse_charges(options.charges) if options.charges else None,
        "couple": tuple(options.couple) or None,
        "balance": options.balance,
        "min_distance_A": options.min_distance,
        "occupancy_tolerance": options.occupancy_tolerance,
        "symprec_A": options.symprec,
        "block": options.block,
        "occupancy": tuple(options.occupancy) or None,
        "ignore_formula": options.ignore_formula or None,
        "mobile": options.mobile,
        "most_ions": options.ions,
        "strict": options.strict or None,
        "pairs": options.pairs,
    }
    for name in ("min_distance_A", "occupancy_tolerance", "symprec_A"):
        value = given[name]
        if value is not None and not 0 <= value < float("inf"):
            raise UserError("must be a number, zero or more", field=name, value=value)
    if options.ions is not None and options.ions < 1:
        raise UserError("must be one or more", field="--ions", value=options.ions)
    return {name: value for name, value in given.items() if value is not None}


def _count(options: argparse.Namespace) -> int:
    space = _spaces(options)
    if isinstance(space, tuple):
        from ewald.cli import neutral as cli_neutral

        _print(cli_neutral.count(space, as_json=options.json))
        return 0
    document = count_document(space)
    if options.json:
        _print(json.dumps(document, indent=2))
        return 0
    _print_space(space)
    distinct = space.distinct_configurations()
    _print(f"configurations            {exact_count(space.configurations)}")
    _print(f"distinct configurations   {exact_count(distinct)}")
    _print(f"symmetry operations       {space.symmetry_order}")
    _print(f"neutral                   {'yes' if space.neutral else f'no, total charge {space.charge:+g} e'}")
    if space.configurations == 0:
        _print("NOTHING TO SCREEN: no arrangement satisfies the minimum distances; lower --min-distance")
    return 0


def _screen(options: argparse.Namespace) -> int:
    from ewald.parallel.progress import TerminalProgress
    from ewald.parallel.transport import world_communicator
    from ewald.search.screen import screen

    if options.certificate and options.out is None:
        raise UserError("needs a directory to write to", field="--certificate", fix="give --out DIR")
    if options.resume and options.out is None:
        raise UserError("needs the directory to resume from", field="--resume", fix="give --out DIR")
    if options.method == "exhaustive" and options.time_limit is not None:
        raise UserError(
            "an exhaustive search has no time limit: it visits every arrangement",
            field="--time-limit",
            value=f"{options.time_limit:g}",
            fix="leave it out, interrupt it and continue with --resume, or choose another method",
        )
    if options.write is not None:
        from ewald.cli.write import parse_mode

        parse_mode(options.write)
        if options.out is None:
            raise UserError("needs a directory", field="--write", fix="give --out DIR")
        if not 0 <= options.missing < 1:
            raise UserError("must be a share between 0 and 1", field="--missing", value=options.missing)
    comm = world_communicator()
    first = comm is None or comm.Get_rank() == 0
    space = _spaces(options)
    if options.write is not None and isinstance(space, tuple):
        raise UserError("numbers of ions are free: there are several spaces", field="--write", value=options.write)
    progress = TerminalProgress() if first else None
    settings: dict[str, Any] = {
        "method": options.method,
        "tolerance_meV_per_ion": options.tolerance,
        "time_limit_s": options.time_limit,
        "resume": options.resume,
        "seed": options.seed,
        "comm": comm,
        "workers": options.workers,
        "use_symmetry": not options.no_symmetry,
        "file_format": options.format,
        "progress": progress,
    }
    if isinstance(space, tuple):
        from ewald.cli import neutral as cli_neutral

        lines = cli_neutral.screen_each(space, options.keep, options.out, as_json=options.json, **settings)
        for line in lines:
            if first:
                _print(line)
        return 0
    if first and not options.json:
        _print_space(space)
    keep = kept(options.keep, space, use_symmetry=not options.no_symmetry)
    result = screen(space, keep=keep, out=options.out, **settings)
    if progress is not None:
        progress.close()
    if first and options.certificate:
        cli_prove.certify(result, options)
    if first:
        _print(json.dumps(result.to_document(), indent=2) if options.json else summary(result, options.out))
    if first and options.write is not None:
        _write(result, space, options, settings)
    return 0


def _write(
    result: "ScreenResult", space: "ConfigurationSpace", options: argparse.Namespace, settings: dict[str, Any]
) -> None:
    """Write what --write asks for; a Boltzmann sample may need more of the lowest than were kept."""
    from ewald.cli.write import WriteOptions, write_arrangements
    from ewald.search.screen import screen

    alone = settings["comm"] is None or settings["comm"].Get_size() == 1
    again = settings | {"resume": False, "progress": None}
    wanted = WriteOptions(
        options.write, Path(options.out), options.format, options.seed, options.order, options.missing
    )
    lines = write_arrangements(
        result, space, wanted, (lambda keep: screen(space, keep=keep, **again)) if alone else None
    )
    for line in lines:
        print(line, file=sys.stderr if options.json else sys.stdout)


def _print_space(space: "ConfigurationSpace") -> None:
    for note in space.notes:
        _print(note)
    for line in space.approximant.describe() if space.approximant is not None else ():
        _print(line)
    for line in space.describe():
        _print(line)
    _print("")


def _print(text: str) -> None:
    print(text)  # noqa: T201
