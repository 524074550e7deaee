"""Charges of the ions: the user's word, else the file's, else a guess."""

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ewald.errors import StructureError, UserError
from ewald.io.choices.charge_guess import (
    MOST_CHARGE_PER_ION_E,
    ChargeGuess,
    guess_charges,
    least_charge_per_ion,
    occurs_with_sign,
)
from ewald.ions import element_of, ion_name

FILE = "the file"
_NEUTRAL_GUESS = "a neutral guess"
_NEARLY_NEUTRAL_GUESS = "a nearly neutral guess"
_WARNING = "WARNING: "
_NEUTRAL_PER_ION_E = 1e-4
_SAME_CHARGE_E = 0.05
_BOND_VALENCE = "bond valence"
# Occupancies of a site that add up to less leave a vacancy, not a rounded number.
_FULL = 0.995


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
    remarks
        How sure a guess is and what comes next to it, and charges of the file that were not used; one sentence each.
    mixed
        The element of mixed valence with its two states, where the guess has one: its charge is a mean.
    """

    structure: Any
    origin: Mapping[str, tuple[str, ...]]
    overruled: tuple[tuple[str, float], ...] = ()
    remarks: tuple[str, ...] = ()
    mixed: tuple[str, int, int] | None = None


def assign_charges(
    structure: Any, charges: Mapping[str, float] | None = None, *, user: str = "--charges", field: str = "charges"
) -> ChargedStructure:
    """Give every species of a structure its charge.

    Every command follows this rule:

    1. What the user gives wins, for an element or for one species.
    2. Else the file's oxidation states are used where they make sense: they are numbers, not all of them zero, of signs
       that these elements have in crystals, and leave less than 0.1 e per ion.
    3. What is still missing is the most probable choice that is neutral, or nearly so where sites are partially
       occupied; see :mod:`ewald.io.choices.charge_guess`. Where one element of an ordered crystal would need a mean
       charge, bond valence tells its sites apart, as far as that agrees with what is known.

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
        If no charges leave less than 0.1 e per ion, or every charge is zero.
    """
    species = list(structure.composition.elements)
    given = _given_by_user(species, charges or {}, field)
    of_file = _states_of_file(species)
    of_file, remarks = _of_known_signs(of_file)
    if not given and not remarks:
        of_file, remarks = _sensible(structure, of_file)
    states = of_file | given
    overruled = tuple((_ion(one, of_file[one]), q) for one, q in given.items() if of_file.get(one, q) != q)
    origin = {
        FILE: tuple(_ion(one, q) for one, q in of_file.items() if one not in given),
        user: tuple(_ion(one, q) for one, q in given.items()),
    }
    missing = [one for one in species if one not in states]
    if not missing:
        if not any(states.values()):
            raise StructureError("every charge is zero", field=field, fix="give charges, for instance Na=1 and S=-2")
        return ChargedStructure(_decorated(structure, states), _unique(origin), overruled, remarks)
    guesses = _guesses(structure, missing, states)
    if structure.is_ordered and (not guesses or guesses[0].mixed):
        charged = _by_bond_valence(structure, states)
        if charged is not None:
            asked = {element_of(one) for one in missing}
            ions = (one for one in charged.composition.elements if element_of(one) in asked)
            origin[_BOND_VALENCE] = tuple(_ion(one, float(one.oxi_state)) for one in ions)
            return ChargedStructure(charged, _unique(origin), overruled, remarks)
    if not guesses:
        raise _contradiction(structure, missing, states, user, field)
    best = guesses[0]
    guessed = {one: best.charges[element_of(one)] for one in missing}
    source = _NEUTRAL_GUESS if abs(best.charge_per_ion_e) < _NEUTRAL_PER_ION_E else _NEARLY_NEUTRAL_GUESS
    origin[source] = tuple(_ion(one, q) for one, q in guessed.items())
    remarks += tuple(_how_sure(guesses))
    return ChargedStructure(_decorated(structure, states | guessed), _unique(origin), overruled, remarks, best.mixed)


def _guesses(structure: Any, missing: Sequence[Any], known: Mapping[Any, float]) -> list[ChargeGuess]:
    amounts, rest_e, others = _amounts(structure, missing, known)
    vacant = {element_of(one) for site in structure if site.species.num_atoms < _FULL for one in site.species}
    return guess_charges(amounts, rest_e, others, refined=not structure.is_ordered, vacant=vacant)


def _amounts(
    structure: Any, missing: Sequence[Any], known: Mapping[Any, float]
) -> tuple[dict[str, float], float, float]:
    """Ions of each element without a charge; charge and number of the others."""
    composition = structure.composition
    amounts: dict[str, float] = {}
    for one in missing:
        amounts[element_of(one)] = amounts.get(element_of(one), 0.0) + float(composition[one])
    rest_e = math.fsum(charge * float(composition[one]) for one, charge in known.items())
    return amounts, rest_e, math.fsum(float(composition[one]) for one in known)


def _how_sure(guesses: Sequence[ChargeGuess]) -> Iterator[str]:
    best, *others = guesses
    if best.mixed_anion:
        text = "not sure"
    elif best.probability < 0.9995:
        text = f"{best.probability:.{0 if best.probability < 0.99 else 1}%} sure"
    else:
        text = "sure beyond 99.9%"
    if abs(best.charge_per_ion_e) >= _NEUTRAL_PER_ION_E:
        text += f"; the occupancies leave {best.charge_per_ion_e:+.3f} e per ion"
    if best.mixed:
        element, low, high = best.mixed
        text += f"; {element} is taken for a mixture of {ion_name(element, low)} and {ion_name(element, high)}"
        if best.mixed_anion:
            text += ", without which the occupancies are far from neutral: check them, or give the charges"
    for other in others:
        # A mean charge that differs by the rounding of the occupancies is the same guess.
        different = {one: q for one, q in other.charges.items() if abs(q - best.charges[one]) > _SAME_CHARGE_E}
        if different:
            text += f"; next would be {', '.join(ion_name(one, round(q, 3)) for one, q in different.items())}"
            text += f" ({other.probability:.2g})"
            break
    yield f"guess of the charges: {text}"


def _of_known_signs(of_file: Mapping[Any, float]) -> tuple[dict[Any, float], tuple[str, ...]]:
    """Leave out the charges of the file where one has a sign that its element never has, and say so."""
    wrong = dict.fromkeys(
        element_of(one) for one, q in of_file.items() if q and not occurs_with_sign(element_of(one), q)
    )
    if not wrong:
        return dict(of_file), ()
    said = ", ".join(_ion(one, q) for one, q in of_file.items())
    return {}, (f"the charges of the file ({said}) are not used: no crystal has {' or '.join(wrong)} of this sign",)


def _sensible(structure: Any, of_file: Mapping[Any, float]) -> tuple[dict[Any, float], tuple[str, ...]]:
    """Leave out charges of the file that contradict its occupancies, and say so."""
    composition = structure.composition
    if not of_file or any(one not in of_file for one in composition.elements):
        return dict(of_file), ()
    per_ion_e = math.fsum(q * float(composition[one]) for one, q in of_file.items()) / composition.num_atoms
    if abs(per_ion_e) <= MOST_CHARGE_PER_ION_E or not _guesses(structure, composition.elements, {}):
        return dict(of_file), ()
    said = ", ".join(_ion(one, q) for one, q in of_file.items())
    return {}, (f"the charges of the file ({said}) leave {per_ion_e:+.2f} e per ion and are not used",)


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


def after_doubts(error: StructureError, notes: Sequence[str]) -> StructureError:
    """Put what was doubtful when the file was read before an error that it may explain.

    Parameters
    ----------
    error
        What is wrong with the contents.
    notes
        Of the reading; the first warning among them is taken.

    Examples
    --------
    >>> error = StructureError("the charges do not add up", field="charges", fix="give others")
    >>> print(after_doubts(error, ["D is read as H", "WARNING: Cl1 lies far outside the cell"]))
    Cl1 lies far outside the cell; and the charges do not add up (fix: correct this first, else give others)
    """
    doubt = next((note for note in notes if note.startswith(_WARNING)), None)
    if doubt is None:
        return error
    return StructureError(
        f"{doubt.removeprefix(_WARNING)}; and {error.problem}", fix=f"correct this first, else {error.fix}"
    )


def _contradiction(
    structure: Any, missing: Sequence[Any], known: Mapping[Any, float], user: str, field: str
) -> StructureError:
    amounts, rest_e, others = _amounts(structure, missing, known)
    nearest = least_charge_per_ion(amounts, rest_e, others)
    shown = ", ".join(ion_name(one, q) for one, q in nearest.charges.items())
    command_line = f"{user} {','.join(f'{symbol}=<charge>' for symbol in amounts)}"
    campaign = f"charges: {{{', '.join(f'{symbol}: <charge>' for symbol in amounts)}}}"
    error = StructureError(
        f"the contents {structure.composition.formula} contradict neutrality: the common charges that come nearest "
        f"({shown}) leave {nearest.charge_per_ion_e:+.2f} e per ion",
        field=field,
        value=", ".join(amounts),
        fix=f"correct the occupancies, or give {command_line if user.startswith('--') else campaign}",
    )
    return after_doubts(error, structure.properties.get("notes", ()))
