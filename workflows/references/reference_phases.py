"""Which reference phases a campaign relaxes for its hulls."""

from collections.abc import Iterable

from screening.campaign.campaign import Campaign
from screening.hull.references import needed_mothers, needed_references
from screening.plan.composition import Composition
from screening.shipped import StructureKind, shipped_names
from screening.species import element_of, elements_of


def hull_systems(campaign: Campaign, compositions: Iterable[Composition]) -> frozenset[frozenset[str]]:
    """Return the sets of elements that need references: every composition's, each also with every cathode's."""
    own = {frozenset(map(element_of, composition.totals())) for composition in compositions}
    joint = {elements | elements_of(cathode) for elements in own for cathode in campaign.hull.cathodes}
    return frozenset(own | joint)


def reference_names(campaign: Campaign, compositions: Iterable[Composition]) -> tuple[str, ...]:
    """Return the shipped phases of all systems the campaign's hulls need; none when it brings its own references.

    Shipped mothers compete as well; one that the campaign screens itself, undoped, is still a reference, because
    the hull must not depend on what else is screened.
    """
    if campaign.hull.references != "shipped":
        return ()
    names: set[str] = set()
    for elements in hull_systems(campaign, compositions):
        names.update(needed_references(elements, campaign.hull.exclude_references))
        names.update(needed_mothers(elements, campaign.hull.exclude_references))
    return tuple(sorted(names))


def kind_of_reference(name: str) -> StructureKind:
    """Return the shipped kind that a reference's name belongs to."""
    return "references" if name in shipped_names("references") else "mothers"
