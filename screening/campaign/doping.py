"""What is doped, by what, how much, and what compensates the charge."""

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer, PlainValidator

from screening.campaign.section import Section


def _fraction(value: object) -> Fraction:
    fraction = Fraction(str(value)).limit_denominator(1000)
    if not 0 < fraction <= 1:
        raise ValueError("a doping level is a fraction above 0 and at most 1, such as 1/4")
    return fraction


Level = Annotated[Fraction, PlainValidator(_fraction), PlainSerializer(str)]

Compensation = Literal["none", "vacancy", "interstitial", "anion_vacancy", "codopant"]


class MotherSpec(Section):
    """One mother crystal and how to read it."""

    structure: str = Field(description="Path of a structure file (CIF, POSCAR, ...), or the name of a shipped mother")
    name: str | None = Field(None, description="Name in tables and identifiers; the file's stem when left out")
    mobile: str = Field(description="The mobile ion, as an element (Na)")
    charges: dict[str, float] | None = Field(
        None,
        description="Oxidation states by element; those left out are taken from the file, else guessed",
    )
    block: str | None = Field(None, description="Data block of a CIF; the first with atoms when left out")
    ignore_formula: bool = Field(False, description="Continue even if no site has an element of the CIF's formula")


class DopantRule(Section):
    """Choose dopants by ionic radius instead of naming them."""

    valences: tuple[int, ...] = Field(description="Oxidation states to try")
    radius_tolerance: float = Field(0.3, gt=0, le=1, description="Largest relative difference of Shannon radii")
    exclude: tuple[str, ...] = Field((), description="Elements never chosen, beside radioactive and toxic ones")
    allow_toxic: bool = Field(False, description="Keep elements on the list of toxic ones")
    allow_expensive: bool = Field(False, description="Keep elements on the list of expensive ones")
    electronegativity_test: bool = Field(True, description="Refuse cations more electronegative than the anions")
    min_substitution_probability: float | None = Field(
        None, gt=0, lt=1, description="Least probability of the substitution in known structures; null: no filter"
    )


class DopingPlan(Section):
    """One host ion of the mothers and everything that may replace it."""

    site: str = Field(description="The host replaced: element (Sb), ion (Sb5+) or label of a site in the file (S2)")
    mothers: tuple[str, ...] | None = Field(None, description="Names of the mothers this applies to; all when left out")
    dopants: tuple[str, ...] = Field(
        (), description="Dopants with oxidation states (W6+, Ca2+); may be empty with rule"
    )
    pairs: tuple[tuple[str, str], ...] = Field(
        (), description="Pairs that replace the host completely: levels give the share of the first (Ga3+, P5+)"
    )
    mixtures: tuple[dict[str, Level], ...] = Field(
        (), description="Several dopants at once, each with its own level ({W6+: 1/8, Sn4+: 1/8}); `levels` is not used"
    )
    rule: DopantRule | None = Field(None, description="Choose dopants by radius and valence")
    levels: tuple[Level, ...] = Field(
        (Fraction(1, 8), Fraction(1, 4), Fraction(3, 8), Fraction(1, 2)), description="Fractions of the host replaced"
    )
    compensation: tuple[Compensation, ...] = Field(
        ("vacancy", "interstitial"), description="Ways allowed to restore neutrality, tried in this order"
    )
    codopant: str | None = Field(None, description="Second dopant of the route `codopant` (for example Cl- on S)")
    codopant_site: str | None = Field(None, description="Host species that the second dopant replaces (S)")
    interstitial_sites: tuple[tuple[float, float, float], ...] | None = Field(
        None, description="Fractional coordinates of interstitial sites in the mother's cell; found when left out"
    )
    interstitial_min_distance_A: float | None = Field(
        None,
        gt=0,
        description="Least distance of a found interstitial site from any ion; from the ions' radii when left out",
    )


class SupercellPlan(Section):
    """How large the computed cells are."""

    target_ions: int = Field(200, ge=1, description="Ions per supercell aimed at")
    max_ions: int = Field(256, ge=1, description="Ions per supercell never exceeded")
    matrix: tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int]] | None = Field(
        None, description="Fix the supercell matrix (rows are the new lattice vectors) instead of searching for one"
    )
