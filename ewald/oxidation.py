"""Charges of the ions: from the file, else from the user, else pymatgen's guess."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from ewald.errors import StructureError, UserError
from ewald.ions import element_of, ion_name


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
                "not a charge", field="--charges", value=part, mend="write for instance Na=1,Sb=5,W=6,S=-2"
            ) from None
    return charges


def resolve_charges(
    species: Sequence[Any], amounts: Mapping[str, float], charges: Mapping[str, float] | None
) -> tuple[dict[Any, float], tuple[str, ...]]:
    """Find the charge of every species of a structure.

    Parameters
    ----------
    species
        pymatgen elements or species.
    amounts
        Number of atoms of each element, for a guess.
    charges
        What the user gave, by element symbol or by species name.

    Returns
    -------
    charges : dict
        From each species to its charge.
    notes : tuple of str
        Where the charges come from, for the user.

    Raises
    ------
    StructureError
        If a species is left without a charge, or every charge is zero.
    """
    given = dict(charges or {})
    unknown = [name for name in given if name not in {element_of(s) for s in species} | {str(s) for s in species}]
    if unknown:
        raise StructureError(
            "no such species in the structure", field="charges", value=unknown[0], mend="name the elements it contains"
        )
    found: dict[Any, float] = {}
    origin: dict[str, list[str]] = {"the file": [], "--charges": [], "guessed by pymatgen": []}
    notes = []
    for one in species:
        state = getattr(one, "oxi_state", None)
        user = given.get(str(one), given.get(element_of(one)))
        if state is not None:
            found[one] = float(state)
            origin["the file"].append(ion_name(element_of(one), float(state)))
            if user is not None and user != state:
                notes.append(
                    f"the file says {ion_name(element_of(one), float(state))}; --charges {user:+g} is not used"
                )
        elif user is not None:
            found[one] = user
            origin["--charges"].append(ion_name(element_of(one), user))
    missing = [one for one in species if one not in found]
    if missing:
        for one, charge in _guess(missing, found, amounts).items():
            found[one] = charge
            origin["guessed by pymatgen"].append(ion_name(element_of(one), charge))
    if not any(found.values()):
        raise StructureError("every charge is zero", field="charges", mend="give --charges, for instance Na=1,S=-2")
    sources = "; ".join(f"{', '.join(names)} ({where})" for where, names in origin.items() if names)
    return found, (f"charges: {sources}", *notes)


def _guess(missing: Sequence[Any], found: Mapping[Any, float], amounts: Mapping[str, float]) -> dict[Any, float]:
    """Choose one common oxidation state per element such that the sum over the cell is zero."""
    names = ", ".join(element_of(one) for one in missing)
    asked = ",".join(f"{element_of(one)}=<charge>" for one in missing)
    known: dict[str, float] = {}
    for one, charge in found.items():
        if known.setdefault(element_of(one), charge) != charge:
            known.clear()
            break
    guesses = _neutral_states(missing, known, amounts) if known or not found else []
    if len(guesses) != 1:
        what = "no neutral guess" if not guesses else f"{len(guesses)} neutral guesses"
        raise StructureError(
            f"a species without a charge: none in the file, and {what}",
            field="charges",
            value=names,
            mend=f"give --charges {asked}",
        )
    return guesses[0]


def _neutral_states(
    missing: Sequence[Any], known: Mapping[str, float], amounts: Mapping[str, float]
) -> list[dict[Any, float]]:
    rest = math.fsum(charge * amounts.get(symbol, 0.0) for symbol, charge in known.items())
    for table in ("common_oxidation_states", "icsd_oxidation_states"):
        states = [sorted(getattr(_element(one), table)) for one in missing]
        neutral = [
            dict(zip(missing, map(float, choice), strict=True))
            for choice in itertools.product(*states)
            if abs(rest + sum(q * amounts[element_of(one)] for one, q in zip(missing, choice, strict=True))) < 1e-3
        ]
        if neutral:
            return neutral
    return []


def _element(species: Any) -> Any:
    from pymatgen.core import Element

    return Element(element_of(species))
