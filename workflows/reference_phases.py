"""Which reference phases a campaign relaxes for its hulls."""

from collections.abc import Iterable

from pymatgen.core import Species

from screening.campaign import Campaign
from screening.composition import Composition
from screening.references import needed_mothers, needed_references
from screening.shipped import StructureKind, shipped_names


def elements_of(composition: Composition) -> frozenset[str]:
    """Return the elements of a composition."""
    return frozenset(Species.from_str(species).symbol for species in composition.totals())


def reference_names(campaign: Campaign, compositions: Iterable[Composition]) -> tuple[str, ...]:
    """Return the shipped phases within the elements of any composition; none when the campaign brings its own.

    Shipped mothers compete as well; one that the campaign screens itself, undoped, is still a reference, because
    the hull must not depend on what else is screened.
    """
    if campaign.hull.references != "shipped":
        return ()
    names: set[str] = set()
    for elements in {elements_of(composition) for composition in compositions}:
        names.update(needed_references(elements, campaign.hull.exclude_references))
        names.update(needed_mothers(elements, campaign.hull.exclude_references))
    return tuple(sorted(names))


def kind_of_reference(name: str) -> StructureKind:
    """Return the shipped kind that a reference's name belongs to."""
    return "references" if name in shipped_names("references") else "mothers"
