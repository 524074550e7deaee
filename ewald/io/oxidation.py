"""Charges of the ions: the user's word, else the file's, else a guess."""

import itertools
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ewald.errors import StructureError, UserError
from ewald.ions import element_of, ion_name

FILE = "the file"
_NEUTRAL_GUESS = "a neutral guess"
_BOND_VALENCE = "bond valence"


def parse_charges(text: str) -> dict[str, float]:
    """Read charges as the command line gives them.

    Raises
    ------
    UserError
        If a part is not of the form name=number.

    Examples
    --------
    >>> parse_charges("Na=1,S=-2")
    {'Na': 1.0, 'S': -2.0}
    """
    charges = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, number = part.partition("=")
        try:
            charges[name.strip()] = float(number)
        except ValueError:
            raise UserError(
                "not a charge", field="--charges", value=part, fix="write for instance Na=1,Sb=5,W=6,S=-2"
            ) from None
    return charges


@dataclass(frozen=True)
class ChargedStructure:
    """A structure whose species all have a charge, and where the charges come from.

    Attributes
    ----------
    structure
        pymatgen structure, an oxidation state on every species.
    origin
        The ions of each source, a source such as "the file".
    overruled
        Ions of the file for which the user gave another charge, with that charge.
    """

    structure: Any
    origin: Mapping[str, tuple[str, ...]]
    overruled: tuple[tuple[str, float], ...] = ()


def assign_charges(
    structure: Any, charges: Mapping[str, float] | None = None, *, user: str = "--charges", field: str = "charges"
) -> ChargedStructure:
    """Give every species of a structure its charge.

    Every command follows this rule:

    1. What the user gives wins, for an element or for one species.
    2. Else the file's oxidation state is used, unless the file says zero for all or no number.
    3. What is still missing is guessed: by common oxidation states when only one choice makes the cell neutral, else
       by bond valence, as far as that agrees with what is known.

    Parameters
    ----------
    structure
        pymatgen structure; sites may be partially occupied.
    charges
        What the user gave, in e, by element symbol or by species name.
    user, field
        What the user's word is called, in the origin and in errors.

    Raises
    ------
    StructureError
        If a species is left without a charge, or every charge is zero.
    """
    species = list(structure.composition.elements)
    given = _given_by_user(species, charges or {}, field)
    of_file = _states_of_file(species)
    states = of_file | given
    overruled = tuple((_ion(one, of_file[one]), q) for one, q in given.items() if of_file.get(one, q) != q)
    origin = {
        FILE: tuple(_ion(one, q) for one, q in of_file.items() if one not in given),
        user: tuple(_ion(one, q) for one, q in given.items()),
    }
    missing = [one for one in species if one not in states]
    if missing:
        guesses = _neutral_guesses(missing, states, structure.composition.get_el_amt_dict())
        if len(guesses) == 1:
            origin[_NEUTRAL_GUESS] = tuple(_ion(one, q) for one, q in guesses[0].items())
            states |= guesses[0]
        else:
            charged = _by_bond_valence(structure, states)
            if charged is None:
                raise _without_charge(missing, len(guesses), user, field)
            asked = {element_of(one) for one in missing}
            ions = (one for one in charged.composition.elements if element_of(one) in asked)
            origin[_BOND_VALENCE] = tuple(_ion(one, float(one.oxi_state)) for one in ions)
            return ChargedStructure(charged, _unique(origin), overruled)
    if not any(states.values()):
        raise StructureError("every charge is zero", field=field, fix="give charges, for instance Na=1 and S=-2")
    return ChargedStructure(_decorated(structure, states), _unique(origin), overruled)


def _ion(species: Any, charge: float) -> str:
    return ion_name(element_of(species), charge)


def _unique(origin: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {source: tuple(dict.fromkeys(ions)) for source, ions in origin.items() if ions}


def _given_by_user(species: Sequence[Any], charges: Mapping[str, float], field: str) -> dict[Any, float]:
    unknown = [name for name in charges if name not in {str(one) for one in species} | set(map(element_of, species))]
    if unknown:
        raise StructureError(
            "no such species in the structure", field=field, value=unknown[0], fix="name the elements it contains"
        )
    found = {one: charges.get(str(one), charges.get(element_of(one))) for one in species}
    return {one: float(charge) for one, charge in found.items() if charge is not None}


def _states_of_file(species: Sequence[Any]) -> dict[Any, float]:
    """Return the file's oxidation states where they make sense: numbers, and not all zero."""
    states = {one: float(one.oxi_state) for one in species if getattr(one, "oxi_state", None) is not None}
    sensible = {one: charge for one, charge in states.items() if math.isfinite(charge)}
    return sensible if any(sensible.values()) else {}


def _decorated(structure: Any, states: Mapping[Any, float]) -> Any:
    """Return the structure with these charges; itself when it has them already."""
    from pymatgen.core import Composition, Species

    if all(getattr(one, "oxi_state", None) == charge for one, charge in states.items()):
        return structure
    charged = structure.copy()
    for site in charged:
        amounts: dict[Any, float] = {}
        for one, amount in site.species.items():
            ion = Species(element_of(one), states[one])
            amounts[ion] = amounts.get(ion, 0.0) + amount
        site.species = Composition(amounts)
    return charged


def _by_bond_valence(structure: Any, known: Mapping[Any, float]) -> Any | None:
    """Let bond valence charge the sites; None when it cannot, or contradicts a charge that is known.

    M. O'Keeffe and N. E. Brese, J. Am. Chem. Soc. 113, 3226 (1991), in pymatgen's form.
    """
    from pymatgen.analysis.bond_valence import BVAnalyzer

    bare = structure.copy()
    bare.remove_oxidation_states()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            charged = BVAnalyzer().get_oxi_state_decorated_structure(bare)
    except ValueError:
        return None
    agrees = all(
        known.get(one, charge) == charge
        for before, after in zip(structure, charged, strict=True)
        for one in before.species
        for charge in [float(ion.oxi_state) for ion in after.species if element_of(ion) == element_of(one)]
    )
    return charged if agrees else None


def _without_charge(missing: Sequence[Any], guesses: int, user: str, field: str) -> StructureError:
    symbols = list(dict.fromkeys(map(element_of, missing)))
    command_line = f"{user} {','.join(f'{symbol}=<charge>' for symbol in symbols)}"
    campaign = f"charges: {{{', '.join(f'{symbol}: <charge>' for symbol in symbols)}}}"
    what = f"{guesses} neutral guesses" if guesses else "no neutral guess"
    return StructureError(
        f"a species without a charge: none in the file, and {what}",
        field=field,
        value=", ".join(symbols),
        fix=f"give {command_line if user.startswith('--') else campaign}",
    )


def _neutral_guesses(
    missing: Sequence[Any], found: Mapping[Any, float], amounts: Mapping[str, float]
) -> list[dict[Any, float]]:
    """Choose one common oxidation state per element such that the sum over the cell is zero; all such choices."""
    known: dict[str, float] = {}
    for one, charge in found.items():
        if known.setdefault(element_of(one), charge) != charge:
            return []
    return _neutral_states(missing, known, amounts)


def _neutral_states(
    missing: Sequence[Any], known: Mapping[str, float], amounts: Mapping[str, float]
) -> list[dict[Any, float]]:
    from pymatgen.core import Element

    rest = math.fsum(charge * amounts.get(symbol, 0.0) for symbol, charge in known.items())
    for table in ("common_oxidation_states", "icsd_oxidation_states"):
        states = [sorted(getattr(Element(element_of(one)), table)) for one in missing]
        neutral = [
            dict(zip(missing, map(float, choice), strict=True))
            for choice in itertools.product(*states)
            if abs(rest + sum(q * amounts[element_of(one)] for one, q in zip(missing, choice, strict=True))) < 1e-3
        ]
        if neutral:
            return neutral
    return []
