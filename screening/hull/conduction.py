"""Whether a product of a reaction conducts electrons: its calculated band gap where one is known, else its formula.

A product between electrolyte and electrode stops the reaction only when electrons cannot cross it. An undoped
semiconductor of gap Eg carries sigma = e mu N exp(-Eg / 2kT); with mu = 1 cm2/Vs and N = 2.5e19 /cm3 (the effective
density of states of a free electron mass) that is 1e-8 S/cm at 300 K for Eg = 1 eV. Semilocal functionals give too
small gaps, often only half of the true one (J. P. Perdew, Int. J. Quantum Chem. 28 (S19), 497 (1985)). So a product
insulates when even its calculated gap reaches 1 eV, conducts when even twice that gap does not, and is doubtful
between.

The gaps that travel with the package are the Materials Project's, as published by I. Petousis et al., Sci. Data 4,
160134 (2017).
"""

import csv
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from pymatgen.core import Composition, Element

from screening.hull.written import written_formula
from screening.species import ANIONS
from screening.value import Value

if TYPE_CHECKING:
    from pymatgen.entries.computed_entries import ComputedEntry

INSULATING_GAP_EV = 1.0
"""Gap from which an undoped semiconductor stays below about 1e-8 S/cm at 300 K."""


class Conduction(StrEnum):
    """Whether a product conducts electrons."""

    CONDUCTS = "conducts"
    DOUBTFUL = "doubtful"
    INSULATES = "insulates"


class ProductConduction(Value):
    """Whether one product conducts electrons.

    Attributes
    ----------
    formula
        The product.
    conduction
        Whether it conducts electrons, insulates, or is doubtful.
    band_gap_eV
        Calculated gap; None where none is known.
    basis
        The gap and its source, or the argument from the formula, in words.
    """

    formula: str
    conduction: Conduction
    band_gap_eV: float | None = None
    basis: str


def product_conduction(formula: str, entries: Sequence["ComputedEntry"] = ()) -> ProductConduction:
    """Say whether a product conducts electrons.

    Parameters
    ----------
    formula
        Reduced formula.
    entries
        Reference entries; the `data["band_gap"]` (eV) of one of this formula is used before the shipped table.

    Examples
    --------
    >>> product_conduction("Na2S").conduction, product_conduction("Na15Sn4").conduction
    (<Conduction.INSULATES: 'insulates'>, <Conduction.CONDUCTS: 'conducts'>)
    """
    gap, source = _known_gap(formula, entries)
    if gap is None:
        conduction, why = _by_formula(formula)
        return ProductConduction(formula=formula, conduction=conduction, basis=f"by its formula: {why}")
    if gap >= INSULATING_GAP_EV:
        conduction = Conduction.INSULATES
    else:
        conduction = Conduction.CONDUCTS if 2 * gap < INSULATING_GAP_EV else Conduction.DOUBTFUL
    return ProductConduction(
        formula=formula, conduction=conduction, band_gap_eV=gap, basis=f"band gap {gap:.2f} eV, {source}"
    )


def passivates(products: Iterable[str], known: Iterable[ProductConduction]) -> bool | None:
    """Return whether a layer of these products is passivating.

    Parameters
    ----------
    products
        Reduced formulas.
    known
        What is known of each of them.

    Returns
    -------
    bool or None
        False with a product that conducts; None with one that is doubtful or unknown; True when all insulate.
    """
    by_formula = {product.formula: product.conduction for product in known}
    found = {by_formula.get(product, Conduction.DOUBTFUL) for product in products}
    if Conduction.CONDUCTS in found:
        return False
    return None if Conduction.DOUBTFUL in found else True


def _known_gap(formula: str, entries: Sequence["ComputedEntry"]) -> tuple[float | None, str]:
    given = [
        float(entry.data["band_gap"])
        for entry in entries
        if entry.data.get("band_gap") is not None and written_formula(entry.composition) == written_formula(formula)
    ]
    if given:
        return min(given), "given with the reference entries"
    reduced = Composition(formula).reduced_formula
    if reduced in shipped_band_gaps():
        gap, material = shipped_band_gaps()[reduced]
        return gap, f"Materials Project {material}"
    return None, ""


@cache
def shipped_band_gaps() -> dict[str, tuple[float, str]]:
    """Return the calculated gaps (eV) that travel with the package, with the id of the material, by reduced formula."""
    text = files("screening").joinpath("data", "band_gaps.csv").read_text(encoding="utf-8")
    return {
        row["formula"]: (float(row["band_gap_eV"]), row["material_id"]) for row in csv.DictReader(text.splitlines())
    }


def _by_formula(formula: str) -> tuple[Conduction, str]:
    """Judge by the kinds of elements, where no gap is known.

    After S. Wenzel et al., ACS Appl. Mater. Interfaces 8, 28216 (2016), and Y. Tian et al., Joule 3, 1037 (2019):
    salts of the main groups insulate, metals and alloys conduct.
    """
    elements = Composition(formula).elements
    transition = any(Element(e.symbol).is_transition_metal or Element(e.symbol).is_rare_earth for e in elements)
    anions = {element.symbol for element in elements} & ANIONS
    if anions and len(elements) == len(anions):
        return Conduction.INSULATES, "an element or compound of non-metals"
    if anions:
        if transition:
            return Conduction.DOUBTFUL, "compounds of transition metals may conduct or not"
        return Conduction.INSULATES, "a salt of main-group elements"
    if any(element.symbol == "P" for element in elements) and not transition:
        return Conduction.DOUBTFUL, "phosphides of the main groups are semiconductors"
    return Conduction.CONDUCTS, "a metal or an alloy"
