"""The arguments of the ``ewald`` commands."""

import argparse

from ewald.cli import prove as cli_prove
from ewald.version import __version__

_EPILOG = """examples:
  ewald count Li10GeP2S12.cif --couple Li
  ewald screen doped.cif --supercell "2 2 3" --charges Na=1,Sb=5,W=6,S=-2 --keep 5 --out lowest
  mpiexec -n 64 ewald screen doped.cif --method exhaustive --out all --resume

exit codes: 0 done; 2 a mistake in the input; 3 a search that found no arrangement; 130 interrupted
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
        command.add_argument(
            "input", metavar="INPUT", help="structure file with partial occupancies, or a YAML space file"
        )
        _add_contents(command)
        _add_reading(command.add_argument_group("the file"))
        _add_nearest(
            command.add_argument_group(
                "the nearest neutral crystal, where occupancies do not give whole numbers of ions"
            )
        )
        command.add_argument("--json", action="store_true", help="print JSON on stdout")
    _add_search(screen.add_argument_group("the search"))
    _add_output(screen.add_argument_group("what is written"))
    cli_prove.add_commands(commands)
    return parser


def _add_contents(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say what may sit where."""
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
        "--min-distance",
        metavar="A",
        type=float,
        help="sites that can both be vacant are never both occupied if closer than this (default: from ionic radii, "
        "where needed)",
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
    parser.add_argument(
        "--pairs",
        metavar="FILE",
        help="YAML file of pair terms, effective charges and permittivity, or born_mayer: a repulsion by ionic radii",
    )


def _add_reading(group: argparse._ArgumentGroup) -> None:
    """Add the arguments that say how the file is read."""
    group.add_argument("--block", metavar="NAME", help="data block of a CIF (default: the first with atoms)")
    group.add_argument(
        "--occupancy",
        metavar="Li=1/2",
        action="append",
        default=[],
        help="what sites hold: Li=1/2 (the rest vacancy), or P:P=3/4,Si=1/4, by element or label; repeatable",
    )
    group.add_argument(
        "--ignore-formula", action="store_true", help="continue if no site has some element of the file's formula"
    )


def _add_nearest(group: argparse._ArgumentGroup) -> None:
    """Add the choices of a crystal of whole ions."""
    group.add_argument("--ions", metavar="N", type=int, help="most ions in a supercell that is not given (default 250)")
    group.add_argument(
        "--mobile",
        metavar="EL",
        help="element whose partially occupied sites share their ions, or none (default: found)",
    )
    group.add_argument(
        "--write-space", metavar="FILE.yaml", help="write a space file with the choices made, and continue"
    )
    group.add_argument("--strict", action="store_true", help="refuse any change of what the file says")


def _add_search(group: argparse._ArgumentGroup) -> None:
    """Add the choice of a search and its limits."""
    group.add_argument(
        "--method", default="auto", choices=("auto", "exact", "exhaustive", "sample"), help="search (default auto)"
    )
    group.add_argument(
        "--keep", type=int, metavar="K", help="how many distinct arrangements (default 5, or all if fewer)"
    )
    group.add_argument("--time-limit", type=float, metavar="S", help="stop after S seconds with the best found")
    group.add_argument(
        "--tolerance",
        type=float,
        default=0.0,
        metavar="X",
        help="stop once the lowest is proven to within X meV per ion (default 0: proven to be the lowest)",
    )
    group.add_argument("--no-symmetry", action="store_true", help="do not use symmetry; copies count as distinct")
    group.add_argument("--resume", action="store_true", help="resume from the checkpoints in --out")
    group.add_argument("--seed", type=int, default=0, metavar="N", help="seed of random numbers (default 0)")
    group.add_argument(
        "--workers", type=int, metavar="N", help="threads per process (default: all cores, under MPI one)"
    )


def _add_output(group: argparse._ArgumentGroup) -> None:
    """Add what is written, and how."""
    group.add_argument("--out", metavar="DIR", help="write result.json, CIFs and checkpoints there")
    group.add_argument(
        "--format",
        default="cif",
        choices=("cif", "poscar", "extxyz"),
        help="of the arrangements in --out (default cif)",
    )
    group.add_argument(
        "--write",
        metavar="WHICH",
        help="also write into --out: all distinct arrangements (all), random ones (random:N), or a Boltzmann sample "
        "(boltzmann:N@T, T in kelvin)",
    )
    group.add_argument(
        "--missing",
        type=float,
        default=0.01,
        metavar="X",
        help="share of the Boltzmann weight that a sample may leave out: as many of the lowest are proven as that "
        "takes (default 0.01)",
    )
    group.add_argument(
        "--order",
        default="found",
        choices=("found", "symmetry"),
        help="of what --write writes: as found, or the highest symmetry first",
    )
    group.add_argument(
        "--certificate",
        action="store_true",
        help="prove the result once more and write certificate.npz to --out, for ewald verify (by the first rank)",
    )
