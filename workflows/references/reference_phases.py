"""Which reference phases a campaign relaxes for its hulls: the shipped ones it needs, and its own structure files."""

from collections.abc import Iterable
from pathlib import Path

from pymatgen.core import Structure

from ewald.errors import UserError
from screening.campaign.campaign import Campaign
from screening.hull.references import needed_mothers, needed_references
from screening.plan.composition import Composition
from screening.shipped import shipped_names, shipped_structure
from screening.species import element_of, elements_of


def hull_systems(campaign: Campaign, compositions: Iterable[Composition]) -> frozenset[frozenset[str]]:
    """Return the sets of elements that need references: every composition's, each also with every cathode's."""
    own = {frozenset(map(element_of, composition.totals())) for composition in compositions}
    joint = {elements | elements_of(cathode) for elements in own for cathode in campaign.hull.cathodes}
    return frozenset(own | joint)


def reference_names(campaign: Campaign, compositions: Iterable[Composition]) -> tuple[str, ...]:
    """Return the names of the phases that the campaign relaxes for its hulls; none when it brings entries alone.

    Shipped mothers compete as well; one that the campaign screens itself, undoped, is still a reference, because
    the hull must not depend on what else is screened.
    """
    names = {Path(file).stem for file in campaign.hull.reference_structures}
    if campaign.hull.references == "shipped":
        for elements in hull_systems(campaign, compositions):
            names.update(needed_references(elements, campaign.hull.exclude_references))
            names.update(needed_mothers(elements, campaign.hull.exclude_references))
    return tuple(sorted(names))


def reference_structure(campaign: Campaign, base_dir: Path, name: str) -> Structure:
    """Return the structure of a reference phase: the campaign's own file of that name, else the shipped one.

    Raises
    ------
    UserError
        When the file cannot be read or a site is partly occupied.
    """
    for file in campaign.hull.reference_structures:
        if Path(file).stem == name:
            return _read(_path(file, base_dir))
    return shipped_structure("references" if name in shipped_names("references") else "mothers", name)


def own_structures(campaign: Campaign, base_dir: Path) -> dict[str, Structure]:
    """Read the campaign's own reference structures, by name.

    Raises
    ------
    UserError
        When one cannot be read, two have one name, or a name is that of a shipped structure.
    """
    found: dict[str, Structure] = {}
    for file in campaign.hull.reference_structures:
        path = _path(file, base_dir)
        name = path.stem
        taken = name in found or name in shipped_names("references") or name in shipped_names("mothers")
        if taken:
            raise UserError(
                "another reference has the same name", file=path, field="hull.reference_structures", value=name,
                fix="give the file another name; exclude_references leaves a shipped one out",
            )  # fmt: skip
        found[name] = _read(path)
    return found


def named_file(campaign: Campaign, base_dir: Path) -> Path:
    """Return the path of the campaign's file of entries."""
    return _path(campaign.hull.references_file or "", base_dir)


def _path(file: str, base_dir: Path) -> Path:
    path = Path(file).expanduser()
    return path if path.is_absolute() else base_dir / path


def _read(path: Path) -> Structure:
    if not path.is_file():
        raise UserError("no such file", file=path, field="hull.reference_structures")
    try:
        structure = Structure.from_file(path)
    except Exception as error:  # pymatgen's readers fail in as many ways as there are formats
        raise UserError(
            f"is no structure that can be read: {error}", file=path, field="hull.reference_structures"
        ) from None
    if not structure.is_ordered:
        raise UserError(
            "has partly occupied sites, which no engine relaxes",
            file=path,
            field="hull.reference_structures",
            fix="ewald screen writes ordered arrangements of it",
        )
    structure.remove_oxidation_states()
    return structure
