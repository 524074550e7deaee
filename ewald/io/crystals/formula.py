"""The formula that a crystal file states, beside what its sites hold."""

import math
import re
from collections.abc import Mapping
from pathlib import Path

from ewald.errors import StructureError
from ewald.io.crystals.cif_blocks import CifBlock
from ewald.io.crystals.cif_values import number

_ISOTOPES = {"D": "H", "T": "H"}
_SAME_FORMULA = 0.05
# Hydrogens are few or light in most formulas: one in twenty that is missing is said.
_SAME_HYDROGEN = 0.05
# The number of ions in the cell may differ by this factor from Z formulas before it is said.
_SAME_CONTENTS = 1.5


def formula_of(block: CifBlock) -> dict[str, float]:
    """Read the formula sum of a block; empty where there is none, or one with a variable.

    Examples
    --------
    >>> formula_of(CifBlock("x", {"_chemical_formula_sum": ["(Na0.5 K0.5)2 S"]}))
    {'Na': 1.0, 'K': 1.0, 'S': 1.0}
    """
    found: dict[str, float] = {}
    # A charge behind the formula is no amount.
    text = re.sub(r"\s(\d*[+-]|[+-]\d+)(?=\s|$)", " ", block.first("_chemical_formula_sum"))
    text = re.sub(r"\s+", "", text)
    for _ in range(text.count("(") + text.count("[")):
        text = re.sub(r"[(\[]([^()\[\]]*)[)\]]([\d.]*)", _multiplied, text)
    if re.search(r"[xyz\u03b4]", re.sub(r"[A-Z][a-wyz]?|Xe?", "", text)):
        return {}  # Li1-xNaxCl
    for symbol, amount in re.findall(r"([A-Z][a-z]?)([\d.]*)", text):
        element = _ISOTOPES.get(symbol, symbol)
        found[element] = found.get(element, 0.0) + (number(amount) if amount else 1.0)
    if any(not math.isfinite(amount) for amount in found.values()):
        return {}
    return {element: amount for element, amount in found.items() if amount > 0}


def _multiplied(group: re.Match[str]) -> str:
    factor = number(group[2]) if group[2] else 1.0
    parts = re.findall(r"([A-Z][a-z]?)([\d.]*)", group[1])
    return "".join(f"{symbol}{(number(amount) if amount else 1.0) * factor:.6f}" for symbol, amount in parts)


def beside_formula(
    block: CifBlock, there: Mapping[str, float], shown: str, file: Path, *, go_on: str | None
) -> list[str]:
    """Compare the sites with the formula that the file states.

    Parameters
    ----------
    block
        The data block.
    there
        Ions of each element in the cell.
    shown
        The same, as a formula for people.
    file
        For messages.
    go_on
        The option that goes on where an element of the formula has no sites; None where it was given.

    Raises
    ------
    StructureError
        If an element of the formula has no sites.
    """
    stated = formula_of(block)
    if not stated:
        return []
    text = " ".join(block.first("_chemical_formula_sum").split())
    missing = [element for element in stated if element not in there]
    if missing and go_on is not None:
        raise StructureError(
            f"the formula {text} has {', '.join(missing)}, and no site of the file has",
            file=file,
            field="_chemical_formula_sum",
            fix=f"add the atoms, or {go_on} to continue without them",
        )
    if missing:
        return [f"WARNING: {', '.join(missing)} of the formula is left out: the file has no sites for it"]
    total, whole = sum(stated.values()), sum(there.values())
    change = sum(abs(there.get(e, 0) / whole - stated.get(e, 0) / total) for e in {*there, *stated})
    if change > _SAME_FORMULA:
        return [f"WARNING: the sites hold {shown}, the file's formula is {text} ({change:.1%} apart)"]
    return [*_few_hydrogens(stated, there, text), *_other_contents(block, total, whole, text)]


def _few_hydrogens(stated: Mapping[str, float], there: Mapping[str, float], text: str) -> list[str]:
    others = sum(there.values()) - there.get("H", 0.0)
    per_formula = others / max(sum(stated.values()) - stated.get("H", 0.0), 1e-9)
    wanted, present = stated.get("H", 0.0) * per_formula, there.get("H", 0.0)
    if present >= (1 - _SAME_HYDROGEN) * wanted:
        return []
    return [f"WARNING: the sites hold {present:g} H, the formula {text} makes {wanted:g}"]


def _other_contents(block: CifBlock, total: float, whole: float, text: str) -> list[str]:
    units = number(block.first("_cell_formula_units_z") or "?")
    if not units > 0:
        return []
    expected = units * total
    # Some programs write the contents of the whole cell as the formula.
    if any(1 / _SAME_CONTENTS < whole / one < _SAME_CONTENTS for one in (expected, total)):
        return []
    return [
        f"WARNING: the cell holds {whole:g} ions, but {units:g} formulas {text} are {expected:g}: check the operations"
    ]
