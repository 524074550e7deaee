"""Formulas and reactions as chemists write them: Na2S2 and Na2S4 for what reduces to NaS and NaS2."""

import re

from pymatgen.core import Composition, Element

_CHALCOGENS = frozenset({"S", "Se", "Te"})
"""Their chains hold two charges whatever their length; pymatgen itself writes peroxides and superoxides."""


def written_formula(composition: Composition | str) -> str:
    """Return the reduced formula, doubled for a polysulfide of an alkali metal.

    Parameters
    ----------
    composition
        Composition or formula; oxidation states are ignored.

    Examples
    --------
    >>> [written_formula(name) for name in ("NaS", "Na4S8", "Na2S", "NaSbS2", "NaO")]
    ['Na2S2', 'Na2S4', 'Na2S', 'NaSbS2', 'Na2O2']
    """
    bare = Composition(composition).element_composition
    formula = str(bare.reduced_formula)
    symbols = {element.symbol for element in bare.elements}
    alkali = [symbol for symbol in symbols if Element(symbol).is_alkali]
    if len(symbols) == 2 and len(alkali) == 1 and symbols & _CHALCOGENS:
        reduced = Composition(formula)
        if reduced[alkali[0]] == 1:
            (other,) = symbols - set(alkali)
            return f"{alkali[0]}2{other}{round(2 * reduced[other])}"
    return formula


def written_reaction(reaction: str) -> str:
    """Return a reaction with its formulas as they are written, coefficients adjusted.

    Parameters
    ----------
    reaction
        Reaction as pymatgen writes it, with `->` between its sides.

    Examples
    --------
    >>> written_reaction("Na3SbS4 + 0.5 NaS -> 2 NaS2 + Sb")
    'Na3SbS4 + 0.25 Na2S2 -> Na2S4 + Sb'
    """
    sides = [" + ".join(map(_written_term, side.split(" + "))) for side in reaction.split(" -> ")]
    return " -> ".join(sides)


def _written_term(term: str) -> str:
    match = re.fullmatch(r"(?:([0-9.eE+-]+) )?([A-Z][A-Za-z0-9().]*)", term.strip())
    if match is None:
        return term
    written = written_formula(match[2])
    factor = Composition(written).num_atoms / Composition(match[2]).num_atoms
    amount = float(match[1] or 1) / factor
    # What pymatgen reduces further than it was written keeps its own form and amount.
    if factor < 1 or written == match[2]:
        return term
    return written if abs(amount - 1) < 1e-6 else f"{amount:.4g} {written}"
