"""Diffusivities as entries of the type `structures` of OPTIMADE.

Names and rules are those of the OPTIMADE specification 1.2 (https://github.com/Materials-Consortia/OPTIMADE,
optimade.rst); everything of our own begins with `_ionsieve_` and is in lower case, as its identifiers have to be.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import count as counting
from typing import Any

from pydantic import ValidationError

from ewald.version import __version__
from screening.prior.measured import composition_of_formula
from screening.record.diffusivities.merge import measured_hash
from screening.record.diffusivity_database import DatabaseError, DiffusivityRow, StoredStructure

API_VERSION = "1.2.0"
PREFIX = "_ionsieve_"

_LARGEST_DENOMINATOR = 1000
_OWN = [name for name in DiffusivityRow.model_fields if name != "structure"]


def optimade_document(rows: Sequence[DiffusivityRow]) -> dict[str, Any]:
    """Return the answer of a `structures` endpoint: one entry per row, with the row's columns as our properties.

    A row without a structure (a published value) has formulas only, which its feature `implicit_atoms` says.

    Parameters
    ----------
    rows
        Rows of a database of diffusivities.

    Raises
    ------
    DatabaseError
        When a row holds a damaged structure.
    """
    return {
        "data": [_entry(row) for row in rows],
        "meta": {
            "api_version": API_VERSION,
            "query": {"representation": "/structures"},
            "more_data_available": False,
            "data_returned": len(rows),
            "provider": {
                "name": "IonSieve",
                "description": "Self-diffusivities of solid electrolytes",
                "prefix": PREFIX.strip("_"),
            },
            "implementation": {"name": "ionsieve", "version": __version__},
        },
    }


def _entry(row: DiffusivityRow) -> dict[str, Any]:
    *names, kelvin = row.key
    document = row.to_document()
    return {
        "type": "structures",
        "id": "/".join([*map(str, names), f"{kelvin:g}"]),
        "attributes": {
            "immutable_id": None,
            "last_modified": None,
            **_crystal(row),
            f"{PREFIX}hash": measured_hash(row),
            **{f"{PREFIX}{name.lower()}": document[name] for name in _OWN},
        },
    }


def _crystal(row: DiffusivityRow) -> dict[str, Any]:
    """Return the properties of the specification: composition always, cell and sites where they are known."""
    found = _stored(row)
    symbols = [] if found is None else [site[0] for site in found.sites]
    amounts: Mapping[str, float] = Counter(symbols) if found is not None else composition_of_formula(row.formula)
    elements, total = sorted(amounts), sum(amounts.values())
    kinds = [{"name": symbol, "chemical_symbols": [symbol], "concentration": [1.0]} for symbol in elements]
    return {
        "elements": elements,
        "nelements": len(elements),
        "elements_ratios": [amounts[symbol] / total for symbol in elements],
        "chemical_formula_descriptive": row.formula,
        **optimade_formulas(amounts),
        "dimension_types": [1, 1, 1],
        "nperiodic_dimensions": 3,
        "lattice_vectors": None if found is None else [list(vector) for vector in found.lattice_A],
        "cartesian_site_positions": None if found is None else [list(site[1:]) for site in found.sites],
        "nsites": None if found is None else len(symbols),
        "species_at_sites": None if found is None else symbols,
        "species": None if found is None else kinds,
        "structure_features": ["implicit_atoms"] if found is None else [],
    }


def _stored(row: DiffusivityRow) -> StoredStructure | None:
    try:
        return None if row.structure is None else StoredStructure.model_validate_json(row.structure)
    except ValidationError:
        raise DatabaseError(
            "contains a structure that cannot be read", field="structure", value=row.candidate, fix="go back to a copy"
        ) from None


def optimade_formulas(amounts: Mapping[str, float]) -> dict[str, str]:
    """Return the reduced formula in alphabetical order and the anonymous one, both with whole numbers.

    Parameters
    ----------
    amounts
        Amount of each element, in any multiple of the formula unit.

    Examples
    --------
    >>> optimade_formulas({"Na": 2.875, "Sb": 0.875, "W": 0.125, "S": 4})
    {'chemical_formula_reduced': 'Na23S32Sb7W', 'chemical_formula_anonymous': 'A32B23C7D'}
    """
    shares = {symbol: Fraction(amount).limit_denominator(_LARGEST_DENOMINATOR) for symbol, amount in amounts.items()}
    scale = math.lcm(*(share.denominator for share in shares.values()))
    whole = {symbol: int(share * scale) for symbol, share in shares.items()}
    divisor = math.gcd(*whole.values()) or 1
    reduced = {symbol: number // divisor for symbol, number in sorted(whole.items())}
    proportions = sorted(reduced.values(), reverse=True)
    return {
        "chemical_formula_reduced": _written(reduced.items()),
        "chemical_formula_anonymous": _written(zip(_anonymous_symbols(len(proportions)), proportions, strict=True)),
    }


def _written(parts: Any) -> str:
    return "".join(symbol if number == 1 else f"{symbol}{number}" for symbol, number in parts)


def _anonymous_symbols(length: int) -> list[str]:
    """Return A, B, ..., Z, Aa, Ba, ..., Za, Ab and so on."""
    letters = [chr(ord("A") + i) for i in range(26)]
    endings = ("" if i == 0 else chr(ord("a") + i - 1) for i in counting())
    return [letter + ending for ending, _ in zip(endings, range(1 + length // 26), strict=False) for letter in letters][
        :length
    ]
