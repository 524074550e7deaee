"""The user's lines of a potential, made for one cell: which ion is which type, its charge, its file.

A type stands for an element, or for a species where the potential tells species of one element apart (charges of Fe2+
and Fe3+, a line with {Fe3+}). Types are numbered by atomic number.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Element, Structure

from ewald.errors import CampaignError
from workflows.engines.lammps.settings import LammpsSettings

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_FIELD = "engine.settings.potential"
_NEUTRAL_e = 1e-6


@dataclass(frozen=True)
class IonTypes:
    """The types of a cell's ions.

    Attributes
    ----------
    labels, elements
        Of the types in order: element or species, and the element.
    of_ion
        (N,) type of every ion, from 1.
    """

    labels: tuple[str, ...]
    elements: tuple[str, ...]
    of_ion: NDArray[np.int64]

    @classmethod
    def of(cls, structure: Structure, settings: LammpsSettings) -> "IonTypes":
        """Tell apart what the potential tells apart.

        Raises
        ------
        CampaignError
            When a site is shared by several ions.
        """
        if not structure.is_ordered:
            raise CampaignError("an engine needs an ordered structure", value=structure.composition.reduced_formula)
        apart = named_species(settings)
        labels = [str(site.specie) if str(site.specie) in apart else site.specie.symbol for site in structure]
        element_of = {label: site.specie.symbol for label, site in zip(labels, structure, strict=True)}
        kinds = sorted(element_of, key=lambda label: (Element(element_of[label]).Z, label))
        numbers = {label: number for number, label in enumerate(kinds, start=1)}
        return cls(
            tuple(kinds),
            tuple(element_of[label] for label in kinds),
            np.array([numbers[label] for label in labels], dtype=np.int64),
        )


def named_species(settings: LammpsSettings) -> frozenset[str]:
    """Return the species, such as Fe3+, that charges or lines name."""
    in_lines = {name for line in settings.potential for name in _PLACEHOLDER.findall(line)}
    return frozenset(name for name in in_lines | set(settings.charges) if name[-1:] in ("+", "-"))


def charges_e(types: IonTypes, settings: LammpsSettings, *, neutral: bool = True) -> NDArray[np.float64]:
    """Return the charges of the types, zero throughout where the settings give none.

    Parameters
    ----------
    types, settings
        The ions, and the charges given.
    neutral
        Whether the cell must be neutral.

    Raises
    ------
    CampaignError
        When an ion has no charge although others have, or the cell is not neutral.
    """
    if not settings.charges:
        return np.zeros(len(types.labels))
    missing = [label for label in types.labels if label not in settings.charges]
    if missing:
        raise CampaignError(
            f"no charge of {', '.join(missing)}", field="engine.settings.charges", fix=f"add {missing[0]}: its charge"
        )
    charges = np.array([settings.charges[label] for label in types.labels], dtype=np.float64)
    total = float(charges[types.of_ion - 1].sum())
    if neutral and abs(total) > _NEUTRAL_e:
        counts = np.bincount(types.of_ion)[1:].tolist()
        cell = " ".join(f"{label}{count}" for label, count in zip(types.labels, counts, strict=True))
        raise CampaignError(
            f"the charges of {cell} add up to {total:+g}",
            field="engine.settings.charges",
            fix="correct the charges; fixed charges have no energy of elements or of other valences, so name another "
            "engine for the hull",
        )
    return charges


def potential_lines(types: IonTypes, settings: LammpsSettings) -> list[str]:
    """Return the lines of the potential for these types.

    Raises
    ------
    CampaignError
        When there are none, or one has a placeholder that is neither an ion, a file nor `elements`.
    """
    if not settings.potential:
        raise CampaignError(
            "the preset lammps contains no potential",
            field=_FIELD,
            fix="give its lines in the campaign, such as [pair_style ..., pair_coeff ...]; see `Run with LAMMPS`",
        )
    return [line for written in settings.potential if (line := _filled(written, types, settings)) is not None]


def _filled(line: str, types: IonTypes, settings: LammpsSettings) -> str | None:
    """Put types, elements and files into a line; None when it speaks of an ion that the cell lacks."""
    values: dict[str, str] = {label: str(number) for number, label in enumerate(types.labels, start=1)}
    values |= {"elements": " ".join(types.elements)}
    values |= {name: f'"{path}"' if " " in path else path for name, path in settings.files.items()}
    for name in _PLACEHOLDER.findall(line):
        if name in values:
            continue
        if name in settings.charges or Element.is_valid_symbol(name) or name in named_species(settings):
            return None
        raise CampaignError(
            f"{{{name}}} is neither an ion nor a file",
            field=_FIELD,
            value=line,
            fix="write {elements}, an element such as {O}, or a name of `files`",
        )
    return " ".join(_ascending(_PLACEHOLDER.sub(lambda found: values[found[1]], line).split(" ")))


def _ascending(words: list[str]) -> list[str]:
    """Order the two types of a `pair_coeff`: releases before 2022 take the smaller one first only."""
    if (
        words[0] == "pair_coeff"
        and len(words) > 2
        and words[1].isdigit()
        and words[2].isdigit()
        and int(words[1]) > int(words[2])
    ):
        words[1], words[2] = words[2], words[1]
    return words
