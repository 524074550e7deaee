"""The command `ionsieve predict`: what compositions alone let one expect of their conductivities."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from screening.prior.model import ConductivityPrior, Prediction

_S_TO_MS = 1000.0
TableOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--table", help="Further training data: CSV (formula, sigma_S_cm, mobile, source); repeat for several"
    ),
]
AboveOption = Annotated[float, typer.Option("--above", min=0.0, help="Required conductivity in mS/cm")]


def register(app: typer.Typer) -> None:
    """Add the commands of this group to the application."""
    app.command("predict")(predict)


def predict(
    what: Annotated[
        list[str], typer.Argument(metavar="FORMULA...|CAMPAIGN", help="Formulas, or one campaign file or shipped name")
    ],
    mobile: Annotated[str | None, typer.Option(help="Element of the mobile ion, if it is not the alkali metal")] = None,
    table: TableOption = None,
    above: AboveOption = 1.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table")] = False,
) -> None:
    """Predict conductivities near room temperature from compositions alone, learned from measured ones."""
    from workflows.loop.prior import open_prior

    names, formulas, moving = _of_campaign(what[0], what[1:]) or (what, what, mobile)
    prior = open_prior(table or ())
    found = list(zip(names, prior.predict(formulas, moving), strict=True))
    if as_json:
        sys.stdout.write(json.dumps(_document(prior, found, above), indent=1) + "\n")
    else:
        show(prior, found, above)


def _of_campaign(first: str, others: "Sequence[str]") -> tuple[list[str], list[str], list[str]] | None:
    """Return ids, formulas and mobile ions of a campaign's compositions; None where the argument is no campaign."""
    from workflows.shipped import config_names

    if others or not (first.endswith((".yaml", ".yml")) or first in config_names("campaigns")):
        return None
    from workflows.campaign.campaign_file import open_campaign, plan_of

    plan = plan_of(open_campaign(first)).compositions
    return [one.id for one in plan], [one.formula for one in plan], [one.mobile for one in plan]


def _document(
    prior: "ConductivityPrior", found: "Sequence[tuple[str, Prediction]]", above_mS_cm: float
) -> dict[str, Any]:
    from screening.prior.measured import SHIPPED_SOURCE
    from screening.prior.scores import score_held_out

    return {
        "learned_from": SHIPPED_SOURCE,
        "held_out": score_held_out(prior.held_out).to_document(),
        "above_mS_cm": above_mS_cm,
        "predictions": [
            {"name": name, **one.to_document(), "probability_above": one.probability_above(above_mS_cm / _S_TO_MS)}
            for name, one in found
        ],
    }


def show(prior: "ConductivityPrior", found: "Sequence[tuple[str, Prediction]]", above_mS_cm: float) -> None:
    """Print predictions as a table.

    Parameters
    ----------
    prior
        The model, for how it does on what it has not seen.
    found
        A name and the prediction of each composition.
    above_mS_cm
        Conductivity whose probability is a column.
    """
    from rich.table import Table

    from screening.prior.scores import score_held_out
    from workflows.cli.console import wide_console

    table = Table("composition", "mS/cm", "90 % interval", f"P(above {above_mS_cm:g} mS/cm)", "remark")
    for name, one in found:
        low, middle, high = (f"{_S_TO_MS * 10**value:.2g}" for value in (one.low90, one.log10_sigma_S_cm, one.high90))
        remark = f"outside: {one.outside}" if one.outside else ""
        table.add_row(name, middle, f"{low} to {high}", f"{one.probability_above(above_mS_cm / _S_TO_MS):.2f}", remark)
    console = wide_console()
    console.print(table)
    held_out = score_held_out(prior.held_out)
    console.print(
        f"Learned from {held_out.measurements} measurements near room temperature; mean error "
        f"{held_out.mae:.1f} decades for publications and compositions outside the training data. Predictions only set "
        "the order of the work; they are not verdicts.",
        soft_wrap=True,
        highlight=False,
    )
