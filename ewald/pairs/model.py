"""How ions interact: formal or effective charges, a permittivity, and pair functions between species.

The energy of an arrangement is, over all pairs of ions and their periodic images,

    sum q_i q_j e^2 / (4 pi eps0 eps_r r)  +  sum of the pair functions of their species within the cutoff,

the first sum by Ewald's method. In a file::

    pairs:
      permittivity: 1            # divides the electrostatic energy
      charges: {W: 4.2, S: -1.4} # effective charges; without it the formal ones
      cutoff_A: 10
      terms:
        - {between: [Na, S], born_mayer: {A_eV: 1200, rho_A: 0.32}}
        - {between: [W, Sb], table: {r_A: [4, 6, 8], energy_eV: [0.10, 0.02, 0]}, cutoff_A: 8}

Species are named as ions (``W6+``) or as elements (``W``, whatever its charge). Terms that fit the same pair add up.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ewald.errors import StructureError
from ewald.files.document import user_error
from ewald.ions import VACANCY, element_of
from ewald.pairs.functions import (
    BornMayer,
    Buckingham,
    InversePower,
    LennardJones,
    Morse,
    PairFunction,
    Tabulated,
)

DEFAULT_CUTOFF_A = 10.0
_KINDS = ("born_mayer", "buckingham", "morse", "lennard_jones", "inverse_power", "table")
_Cutoff = Annotated[float, Field(gt=0, le=100)]


class PairTerm(BaseModel):
    """One pair function between two species; exactly one of the functions is given.

    Examples
    --------
    >>> term = PairTerm(between=("Na", "S"), born_mayer=BornMayer(A_eV=1200, rho_A=0.32))
    >>> term.fits("S2-", "Na+"), term.fits("Na+", "Na+")
    (True, False)
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    between: tuple[str, str] = Field(description="Two species, as ions (W6+) or elements (W)")
    cutoff_A: _Cutoff | None = Field(None, description="Largest distance; that of the section when left out")
    born_mayer: BornMayer | None = Field(None, description="A exp(-r/rho)")
    buckingham: Buckingham | None = Field(None, description="A exp(-r/rho) - C/r^6")
    morse: Morse | None = Field(None, description="D ((1 - exp(-a (r - r0)))^2 - 1)")
    lennard_jones: LennardJones | None = Field(None, description="4 eps ((sigma/r)^12 - (sigma/r)^6)")
    inverse_power: InversePower | None = Field(None, description="B/r^n")
    table: Tabulated | None = Field(None, description="Energies at given distances")

    @model_validator(mode="after")
    def _one_function(self) -> Self:
        if sum(getattr(self, kind) is not None for kind in _KINDS) != 1:
            raise ValueError(f"give exactly one of {', '.join(_KINDS)}")
        return self

    @property
    def function(self) -> PairFunction:
        """The one that was given."""
        given: PairFunction = next(f for kind in _KINDS if (f := getattr(self, kind)) is not None)
        return given

    def fits(self, one: str, other: str) -> bool:
        """Whether this is a term between two species, in either order.

        Parameters
        ----------
        one, other
            Species as ions (`W6+`).
        """
        first, second = self.between
        return (_is(first, one) and _is(second, other)) or (_is(first, other) and _is(second, one))


class PairModel(BaseModel):
    """Interactions between the ions of a space: pair terms, effective charges, permittivity.

    Parameters
    ----------
    permittivity
        Relative; divides the electrostatic energy, not the pair functions.
    charges
        Effective charges by ion or element; species not named keep their formal charge. They too must add up to zero.
    cutoff_A
        Largest distance of the pair functions that give none of their own.
    terms
        The pair functions.

    Examples
    --------
    >>> model = PairModel.parse({"terms": [{"between": ["Na", "S"], "born_mayer": {"A_eV": 1200, "rho_A": 0.32}}]})
    >>> [cutoff_A for _, cutoff_A in model.between("Na+", "S2-")]
    [10.0]
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    permittivity: float = Field(1.0, gt=0, allow_inf_nan=False, description="Divides the electrostatic energy")
    charges: dict[str, Annotated[float, Field(allow_inf_nan=False)]] = Field(
        {}, description="Effective charges by ion or element; the others keep their formal ones"
    )
    cutoff_A: _Cutoff = Field(DEFAULT_CUTOFF_A, description="Largest distance of terms that give none")
    terms: tuple[PairTerm, ...] = Field((), description="Pair functions between species")

    @classmethod
    def parse(cls, content: "PairModel | Mapping[str, Any]") -> Self:
        """Make a model of the content of a file.

        Parameters
        ----------
        content
            The section `pairs` of a file, or a model.

        Raises
        ------
        StructureError
            Naming the field that is wrong.
        """
        try:
            return cls.model_validate(content.model_dump() if isinstance(content, PairModel) else dict(content))
        except ValidationError as error:
            raise user_error(error, StructureError, model=cls) from error

    @property
    def summary(self) -> str:
        """What the model has, for people.

        Examples
        --------
        >>> PairModel(permittivity=3, charges={"W": 4.2}).summary
        'effective charges W +4.2; permittivity 3; no pair terms'
        """
        charges = ", ".join(f"{name} {charge:+g}" for name, charge in sorted(self.charges.items()))
        terms = ", ".join(dict.fromkeys("-".join(term.between) for term in self.terms))
        parts = (
            f"effective charges {charges}" if charges else "formal charges",
            f"permittivity {self.permittivity:g}" if self.permittivity != 1 else "",
            f"pair terms {terms}" if terms else "no pair terms",
        )
        return "; ".join(part for part in parts if part)

    def between(self, one: str, other: str) -> tuple[tuple[PairFunction, float], ...]:
        """Pair functions of two species, each with its cutoff in angstrom, in an order that does not matter.

        Parameters
        ----------
        one, other
            Species as ions (`W6+`); a vacancy has no pair functions.
        """
        if VACANCY in {one, other}:
            return ()
        found = (
            (term.function, min(term.cutoff_A or self.cutoff_A, term.function.largest_A))
            for term in self.terms
            if term.fits(one, other)
        )
        return tuple(sorted(found, key=repr))

    def charge(self, species: str, formal: float) -> float:
        """Effective charge of a species in elementary charges; its ion's name goes before its element.

        Parameters
        ----------
        species
            The ion, or vacancy.
        formal
            Its formal charge, in elementary charges.
        """
        if species == VACANCY:
            return 0.0
        return self.charges.get(species, self.charges.get(element_of(species), formal))

    def require_known(self, species: Iterable[str]) -> None:
        """Refuse names that are none of the given species or their elements.

        Parameters
        ----------
        species
            Ions of the space, vacancies included.

        Raises
        ------
        StructureError
            Naming the first of them.
        """
        ions = [name for name in species if name != VACANCY]
        known = {*ions, *(element_of(name) for name in ions)}
        named = [(f"pairs.terms.{k}.between", name) for k, term in enumerate(self.terms) for name in term.between]
        for field, name in [*named, *(("pairs.charges", name) for name in self.charges)]:
            if name not in known:
                raise StructureError(
                    "no such species here", field=field, value=name, fix=f"choose among {', '.join(sorted(known))}"
                )

    def alike(self, one: tuple[str, float], other: tuple[str, float], everyone: Sequence[str]) -> bool:
        """Tell whether the energy cannot tell two species (name, formal charge) apart, among ``everyone``.

        Parameters
        ----------
        one, other
            Ion and formal charge of each.
        everyone
            All ions of the space.
        """
        (first, _), (second, _) = one, other
        if self.charge(*one) != self.charge(*other):
            return False
        return all(self.between(first, third) == self.between(second, third) for third in everyone)


def _is(name: str, species: str) -> bool:
    return species != VACANCY and name in {species, element_of(species)}
