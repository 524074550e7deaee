"""The command `ionsieve design`: new compositions by what is predicted of them."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workflows.cli.loop.predict import AboveOption, TableOption, show

if TYPE_CHECKING:
    from screening.prior.design import Proposal

_S_TO_MS = 1000.0


def register(app: typer.Typer) -> None:
    """Add the commands of this group to the application."""
    app.command("design")(design)


def design(
    mobile: Annotated[str, typer.Option(help="Element of the mobile ion")],
    elements: Annotated[str, typer.Option(help="Elements that may be used, separated by commas (Li,P,S,Cl)")],
    *,
    mother: Annotated[
        str | None, typer.Option(help="Substitute in this crystal: a structure file, or the name of a shipped mother")
    ] = None,
    charges: Annotated[str | None, typer.Option(help="Charges that differ from the common ones (P=5,Fe=3)")] = None,
    max_atoms: Annotated[int, typer.Option("--max-atoms", min=2, help="Atoms per formula unit at most")] = 16,
    least_mobile: Annotated[
        float, typer.Option("--least-mobile", min=0.0, max=1.0, help="Share of atoms that are mobile, at least")
    ] = 0.2,
    table: TableOption = None,
    above: AboveOption = 1.0,
    top: Annotated[int, typer.Option(min=1, help="Compositions listed")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table")] = False,
) -> None:
    """Propose neutral compositions, the likeliest to conduct first; with --mother as doping plans of a campaign."""
    from screening.prior.design import charges_of, neutral_formulas
    from screening.prior.measured import PriorError
    from workflows.loop.prior import open_prior

    named = list(dict.fromkeys([mobile, *(symbol.strip() for symbol in elements.split(","))]))
    plans: dict[str, Proposal] = {}
    if mother is None:
        known = charges_of(named, _charges(charges))
        formulas = neutral_formulas(mobile, known, max_atoms, least_share=least_mobile)
    else:
        plans = {one.formula: one for one in _substitutions(mother, mobile, named)}
        formulas = list(plans)
    if not formulas:
        raise PriorError(
            "no neutral composition within these bounds", field="--elements", value=elements,
            fix="other elements, --charges, a larger --max-atoms or a smaller --least-mobile",
        )  # fmt: skip
    prior = open_prior(table or ())
    found = sorted(prior.predict(formulas, mobile), key=lambda one: -one.probability_above(above / _S_TO_MS))[:top]
    if as_json:
        rows = [
            one.to_document()
            | {"probability_above": one.probability_above(above / _S_TO_MS)}
            | ({"doping": plans[one.formula].doping_plan()} if plans else {})
            for one in found
        ]
        sys.stdout.write(json.dumps({"looked_through": len(formulas), "proposals": rows}, indent=1) + "\n")
        return
    show(prior, [(one.formula, one) for one in found], above)
    if plans:
        _say_plans([plans[one.formula] for one in found])


def _substitutions(mother: str, mobile: str, elements: list[str]) -> "list[Proposal]":
    from screening.campaign.doping import MotherSpec
    from screening.plan.mother import load_mother
    from screening.prior.design import substitutions
    from screening.species import VACANCY

    crystal = load_mother(MotherSpec(structure=mother, mobile=mobile), Path.cwd(), field="--mother")
    ions = {ion: count for ion, count in crystal.counts().items() if ion != VACANCY}
    least = min(ions.values())
    per_formula = {ion: count / least for ion, count in ions.items()}
    return substitutions(per_formula, mobile, [symbol for symbol in elements if symbol != mobile])


def _charges(text: str | None) -> dict[str, float]:
    from screening.prior.measured import PriorError

    found = {}
    for part in text.split(",") if text else ():
        symbol, equals, charge = part.strip().partition("=")
        try:
            found[symbol] = float(charge)
        except ValueError:
            raise PriorError("is not a charge", field="--charges", value=part, fix="write P=5,S=-2") from None
        if not equals or not found[symbol]:
            raise PriorError("is not a charge", field="--charges", value=part, fix="write P=5,S=-2")
    return found


def _say_plans(proposals: "list[Proposal]") -> None:
    """Print the doping plans for a campaign file."""
    import yaml

    typer.echo("For a campaign file:")
    content = {"doping": [one.doping_plan() for one in proposals]}
    typer.echo(yaml.safe_dump(content, sort_keys=False, default_flow_style=None), nl=False)
