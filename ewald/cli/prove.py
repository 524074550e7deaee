"""The commands ``ewald prove`` and ``ewald verify``."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ewald.errors import UserError

if TYPE_CHECKING:
    from ewald.search.result import ScreenResult


def add_commands(commands: Any) -> None:
    """Describe both commands to the parser."""
    prove = commands.add_parser("prove", help="prove the least cost of a matrix of pair costs, with a certificate")
    prove.add_argument("problem", metavar="PROBLEM", help=".npz with B, wanted, group, ... or a QAPLIB file")
    prove.add_argument("--out", metavar="DIR", help="write certificate.npz and proof.json there")
    prove.add_argument("--time-limit", type=float, metavar="S", help="stop after S seconds with the best bound")
    prove.add_argument("--workers", type=int, default=1, metavar="N", help="threads (default 1)")
    prove.add_argument("--seed", type=int, default=0, metavar="N", help="seed of random numbers (default 0)")
    verify = commands.add_parser(
        "verify", help="check a certificate with a program that shares no code with the search"
    )
    verify.add_argument("directory", metavar="DIR", help="where certificate.npz is")
    for command in (prove, verify):
        command.add_argument("--json", action="store_true", help="print JSON on stdout")


def prove(options: argparse.Namespace) -> str:
    """Run ``ewald prove``; returns what to print."""
    from ewald.proof import prove as proving
    from ewald.proof.problem import read_problem

    if options.time_limit is not None and not 0 < options.time_limit < float("inf"):
        raise UserError("must be a number above zero", field="--time-limit", value=options.time_limit)
    proof = proving.prove(
        read_problem(options.problem),
        out=options.out,
        time_limit_s=options.time_limit,
        workers=options.workers,
        seed=options.seed,
    )
    if options.json:
        return json.dumps(proof.to_document(), indent=2)
    verdict = "proven: nothing costs less" if proof.proven else f"not proven: gap {proof.gap_percent:.3g} %"
    lines = [
        f"cost    {proof.cost:.10g}",
        f"bound   {proof.bound:.10g}",
        f"{verdict} ({proof.nodes} nodes in {proof.seconds:.1f} s)",
        f"chosen  {' '.join(map(str, proof.chosen))}",
    ]
    return "\n".join([*lines, *([f"written to {options.out}"] if options.out else [])])


def certify(result: "ScreenResult", options: argparse.Namespace) -> None:
    """Write the certificate of a screen; a line on stderr says what it proves, or why there is none."""
    from ewald.proof.prove import certify as certified

    if not result.lowest or result.configurations == 1:
        why = "there is only one arrangement" if result.lowest else "no arrangement was found"
        print(f"no certificate: {why}", file=sys.stderr)  # noqa: T201
        return
    whole = certified(
        result, Path(options.out), time_limit_s=options.time_limit, workers=options.workers or 1,
        use_symmetry=not options.no_symmetry,
    )  # fmt: skip
    said = "certificate.npz proves it; check it with ewald verify" if whole else "certificate.npz proves a lower bound"
    print(said, file=sys.stderr)  # noqa: T201


def verify(options: argparse.Namespace) -> str:
    """Run ``ewald verify``; returns what to print."""
    from ewald.proof.prove import verify as verified

    claim = verified(options.directory)
    if options.json:
        return json.dumps(claim, indent=2)
    least = "nothing" if claim["lowest"] is None else f"{claim['lowest']:.10g}"
    verdict = "proven to be least" if claim["proven"] else "not proven to be least"
    return f"verified in {claim['nodes']} nodes: nothing lies below {claim['bound']:.10g}; {least} is listed, {verdict}"
