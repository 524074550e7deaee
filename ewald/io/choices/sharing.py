"""The mobile ion, and the sublattices that share its ions."""

from collections.abc import Sequence

from ewald.errors import StructureError
from ewald.io.occupancy import PartialSublattice, pooled
from ewald.ions import VACANCY

# What moves in solid electrolytes, the likeliest first; see :func:`mobile_element`.
_MOBILE = ("Li", "Na", "Ag", "K", "Cu", "Rb", "Cs", "Mg", "Ca", "Zn", "Al", "H", "F", "O", "Cl", "Br", "I", "S")
NO_MOBILE = "none"


def mobile_element(groups: Sequence[PartialSublattice], asked: str | None = None) -> str | None:
    """Find the element that moves: the first of Li, Na, Ag, K, ... , F, O, ... that shares a site with vacancies.

    Parameters
    ----------
    groups
        The sublattices.
    asked
        The user's word: an element, or ``"none"``.

    Raises
    ------
    StructureError
        If the element asked for is not in the structure.
    """
    if asked is None:
        return next((one for one in _MOBILE if any(_open(group, one) for group in groups)), None)
    if asked == NO_MOBILE:
        return None
    elements = sorted({element for group in groups for element in group.elements})
    if asked not in elements:
        raise StructureError(
            "is not an element of the structure",
            field="mobile",
            value=asked,
            fix=f"one of {', '.join(elements)}, or none",
        )
    return asked


def share_mobile(groups: Sequence[PartialSublattice], mobile: str | None) -> tuple[list[PartialSublattice], list[str]]:
    """Let the sublattices on which the mobile ion meets vacancies share their ions; also return their names.

    Every other ion stays on the sites where the file has it.
    """
    chosen = [group for group in groups if mobile is not None and _open(group, mobile)]
    if mobile is None or len(chosen) < 2:
        return list(groups), []
    joined = pooled(chosen, mobile, everywhere=False)
    position = groups.index(chosen[0])
    return (
        [joined if k == position else g for k, g in enumerate(groups) if k == position or g not in chosen],
        [group.name for group in chosen],
    )


def _open(group: PartialSublattice, element: str) -> bool:
    return element in group.elements and VACANCY in group.ions(1)
