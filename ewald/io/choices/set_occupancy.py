"""Occupancies that the user gives to the sites of a structure: of POSCARs, which have none, or instead of a file's."""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from ewald.errors import StructureError
from ewald.ions import element_of

if TYPE_CHECKING:
    from pymatgen.core import Structure


def set_occupancies(structure: "Structure", requests: Sequence[str]) -> "Structure":
    """Return the structure with other occupancies.

    Parameters
    ----------
    structure
        The structure; it stays as it is.
    requests
        ``"Li=1/2"``: half a lithium on every lithium site, the rest vacancy. ``"P:P=3/4,Si=1/4"``: what the phosphorus
        sites hold; what is missing to 1 is vacancy. Sites are named by element or by label.

    Raises
    ------
    StructureError
        If a request is not of that form, names no site, or fills a site more than once.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> salt = Structure(Lattice.cubic(4), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    >>> set_occupancies(salt, ["Na:Na=1/2,K=1/4"]).formula
    'K0.25 Na0.5 Cl1'
    """
    changed = structure.copy()
    for request in requests:
        name, contents = _parsed(request)
        sites = [site for site in changed if name == site.label or name in {element_of(one) for one in site.species}]
        if not sites:
            labels = dict.fromkeys([*(str(one) for one in structure.composition.get_el_amt_dict()), *structure.labels])
            raise StructureError(
                "names no site", field="occupancy", value=request, fix=f"name one of {', '.join(list(labels)[:20])}"
            )
        for site in sites:
            states = {element_of(one): one for one in structure.composition.elements}
            site.species = {
                states.get(element, element): float(amount) for element, amount in contents.items() if amount
            }
    return changed


def _parsed(request: str) -> tuple[str, dict[str, Fraction]]:
    name, colon, rest = request.rpartition(":")
    contents: dict[str, Fraction] = {}
    for part in rest.split(","):
        match = re.fullmatch(r"\s*([A-Za-z]\w*)\s*=\s*(\d*\.?\d+(?:/\d+)?)\s*", part)
        if match is None or match[1] in contents:
            raise _refused(request)
        try:
            contents[match[1]] = Fraction(match[2])
        except (ValueError, ZeroDivisionError):
            raise _refused(request) from None
    if sum(contents.values()) > 1 or (not colon and len(contents) != 1):
        raise _refused(request)
    return (name.strip() if colon else next(iter(contents))), contents


def _refused(request: str) -> StructureError:
    return StructureError(
        "is not an occupancy",
        field="occupancy",
        value=request,
        fix="write Li=1/2, or P:P=3/4,Si=1/4 with at most one ion for each site",
    )
