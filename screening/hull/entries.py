"""Entries of a hull, from relaxed structures or files, and the check that their energies can be compared."""

import json
import math
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pymatgen.core import Composition
from pymatgen.entries.computed_entries import ComputedEntry, ComputedStructureEntry

from ewald.errors import UserError
from screening.hull.known_compounds import missing_compounds, systems_of, unbound_cations
from screening.relaxation.relaxation import Provenance, RelaxedStructure
from screening.species import elements_of
from screening.structure_document import symbol_counts
from screening.tagged import decoded

_HUBBARD_U_eV = {"Co": 3.32, "Cr": 3.7, "Fe": 5.3, "Mn": 3.9, "Mo": 4.38, "Ni": 6.2, "V": 3.25, "W": 6.2}
"""+U of the metals that the Materials Project treats with it in oxides and fluorides."""


@dataclass(frozen=True)
class EntrySet:
    """Entries of one origin, whose energies can be compared in one hull.

    Attributes
    ----------
    entries
        Corrected energies, `entry_id` is the name.
    energy_key
        Energies of equal keys can be compared.
    systems
        Chemical systems of which every known phase is among the entries.
    """

    entries: tuple[ComputedEntry, ...]
    energy_key: str
    systems: tuple[frozenset[str], ...] = ()

    def within(self, elements: Iterable[str]) -> tuple[ComputedEntry, ...]:
        """Return the entries whose elements all lie in `elements`.

        Parameters
        ----------
        elements
            Symbols of elements.
        """
        wanted = frozenset(elements)
        return tuple(entry for entry in self.entries if elements_of(entry) <= wanted)

    def complete(self, elements: Collection[str]) -> bool:
        """Whether every known phase of these elements is among the entries, by the word of who made the set.

        Parameters
        ----------
        elements
            Symbols of elements.
        """
        return any(system.issuperset(elements) for system in self.systems)

    @cached_property
    def formulas(self) -> frozenset[str]:
        """Reduced formulas of the entries."""
        return frozenset(entry.composition.element_composition.reduced_formula for entry in self.entries)

    def missing_compounds(self, composition: Composition) -> tuple[str, ...]:
        """Return the known compounds that compete at a composition and are not among the entries.

        Parameters
        ----------
        composition
            Composition of the candidate; only the ratios count.
        """
        return () if self.complete(elements_of(composition)) else missing_compounds(composition, self.formulas)

    def missing_systems(self, composition: Composition) -> tuple[str, ...]:
        """Return the chemical systems of which phases that compete at a composition are missing.

        Parameters
        ----------
        composition
            Composition of the candidate; only the ratios count.
        """
        elements = elements_of(composition)
        if self.complete(elements):
            return ()
        unbound = unbound_cations(elements, [elements_of(entry) for entry in self.within(elements)])
        return systems_of(self.missing_compounds(composition), unbound, elements)

    def joined(self, other: "EntrySet") -> "EntrySet":
        """Return the entries of both sets, whose energies can be compared.

        Parameters
        ----------
        other
            Entries to add.

        Raises
        ------
        UserError
            When they cannot.
        """
        if self.entries and other.entries and self.energy_key != other.energy_key:
            raise UserError(
                f"energies of the keys {self.energy_key} and {other.energy_key} cannot be compared in one hull",
                field="hull",
                fix="compute both with the same engine, version and settings",
            )
        return EntrySet(
            (*self.entries, *other.entries), self.energy_key or other.energy_key, (*self.systems, *other.systems)
        )


def entries_of(relaxed: Sequence[RelaxedStructure]) -> EntrySet:
    """Make hull entries of relaxed structures of one provenance.

    Raw PBE energies (preset flag `mp2020_corrections`) receive the Materials Project's 2020 anion and +U corrections
    (A. Wang et al., Sci. Rep. 11, 15496 (2021)); engines whose energies contain them already do not set the flag.

    Parameters
    ----------
    relaxed
        Relaxed structures with their energies (eV per cell).

    Raises
    ------
    UserError
        When the energies come from different engines or settings.
    """
    if not relaxed:
        return EntrySet((), "")
    _require_one_provenance([item.provenance for item in relaxed], [item.id for item in relaxed])
    provenance = relaxed[0].provenance
    if provenance.settings.get("mp2020_corrections", False):
        return EntrySet(_mp2020([_structure_entry(item) for item in relaxed]), provenance.energy_key)
    return EntrySet(tuple(_entry(item) for item in relaxed), provenance.energy_key)


def _require_one_provenance(provenances: Sequence[Provenance], names: Sequence[str]) -> None:
    """Refuse energies of different keys, naming the first two that differ."""
    for provenance, name in zip(provenances[1:], names[1:], strict=True):
        if provenance.energy_key != provenances[0].energy_key:
            raise UserError(
                f"energies of {names[0]} ({_origin(provenances[0])}) and {name} ({_origin(provenance)}) cannot be "
                "compared in one hull",
                field="hull",
                fix="compute both with the same engine, version and settings",
            )


def _origin(provenance: Provenance) -> str:
    return f"{provenance.engine} {provenance.code} {provenance.version}, key {provenance.energy_key}"


def _entry(item: RelaxedStructure) -> ComputedEntry:
    """Return an entry without its structure, which a hull does not ask for: a campaign has thousands."""
    return ComputedEntry(Composition(symbol_counts(item.structure)), item.energy_eV, entry_id=item.id)


def _structure_entry(item: RelaxedStructure) -> ComputedStructureEntry:
    """Return an entry with all that the corrections depend on: oxides, peroxides and sulfides differ by distances."""
    structure = item.structure.copy()
    structure.remove_oxidation_states()
    symbols = elements_of(structure)
    plus_u = not symbols.isdisjoint(_HUBBARD_U_eV) and not symbols.isdisjoint({"O", "F"})
    hubbards = {symbol: _HUBBARD_U_eV.get(symbol, 0.0) for symbol in symbols}
    return ComputedStructureEntry(
        structure,
        item.energy_eV,
        parameters={"run_type": "GGA+U" if plus_u else "GGA", "hubbards": hubbards if plus_u else {}},
        entry_id=item.id,
    )


def _mp2020(entries: Sequence[ComputedStructureEntry]) -> tuple[ComputedStructureEntry, ...]:
    import warnings

    from pymatgen.entries.compatibility import MaterialsProject2020Compatibility

    compatibility = MaterialsProject2020Compatibility(check_potcar=False)
    corrected = []
    with warnings.catch_warnings():
        # It warns for every composition whose oxidation states it cannot guess; such entries simply keep none.
        warnings.simplefilter("ignore")
        for entry in entries:
            processed = compatibility.process_entry(entry)
            if processed is None:
                raise UserError("the Materials Project's corrections do not apply", field="hull", value=entry.entry_id)
            corrected.append(processed)
    return tuple(corrected)


def read_entries(path: Path, provenance: Provenance) -> EntrySet:
    """Read reference entries from a JSON file (optionally gzipped), as pymatgen writes them.

    The file is a list of entries, or a mapping with `entries` and `energy_key`. Each entry's energy is taken as it is,
    with the corrections it carries. They can be compared with the campaign's energies only when the file has
    the same key.
    `systems` names the chemical systems (`Li-Cl-Y`) of which the file holds every known phase.

    Parameters
    ----------
    path
        The file.
    provenance
        Code and settings of the campaign's energies; its `energy_key` has to be that of the file.

    Raises
    ------
    UserError
        When the file cannot be read, holds no entries, or is of another provenance.
    """
    key, systems, content = _keyed_entries(path)
    keys = {key} if key else {str(entry.data.get("energy_key") or "") for entry in content}
    if keys != {provenance.energy_key}:
        raise UserError(
            "the entries' energies cannot be compared with those of this campaign's engine",
            file=path,
            field="energy_key",
            value=", ".join(sorted(name or "(none)" for name in keys)),
            fix=f"if they were computed with the same code and settings, write energy_key: {provenance.energy_key}",
        )
    for number, entry in enumerate(content):
        entry.entry_id = entry.entry_id or f"entry-{number}"
    return EntrySet(tuple(content), provenance.energy_key, systems)


def _check_energy(entry: ComputedEntry, path: Path) -> None:
    try:
        sound = math.isfinite(entry.energy) and math.isfinite(entry.energy_per_atom) and bool(elements_of(entry))
    except Exception:  # pymatgen checks an entry only when its energy is asked for
        sound = False
    if not sound:
        raise UserError("an entry has no energy that is a number", file=path, value=str(entry.entry_id))


def _require_one_functional(entries: Iterable[ComputedEntry], path: Path) -> None:
    """Refuse energies of several functionals; GGA and GGA+U meet by the Materials Project's corrections."""
    first: dict[str, str] = {}
    for entry in entries:
        run_type = entry.parameters.get("run_type") or entry.data.get("run_type") or _suffix(str(entry.entry_id))
        if run_type:
            first.setdefault(_functional(str(run_type)), str(entry.entry_id))
    if len(first) > 1:
        named = ", ".join(f"{functional} ({entry_id})" for functional, entry_id in sorted(first.items()))
        raise UserError(
            f"mixes energies of several functionals: {named}",
            file=path,
            field="run_type",
            fix="keep the entries of one; GGA and GGA+U may be combined",
        )


def _suffix(entry_id: str) -> str | None:
    """Return the functional that the Materials Project writes behind an identifier (mp-23-r2SCAN)."""
    match = re.search(r"-(GGA(?:\+U)?|R2SCAN|SCAN|HSE06|PBESOL|LDA)$", entry_id, re.IGNORECASE)
    return match[1] if match else None


def _functional(run_type: str) -> str:
    name = run_type.upper().replace("_", "+")
    return "GGA" if name in {"GGA", "GGA+U", "PBE", "PBE+U"} else name


def load_entries(path: Path) -> tuple[ComputedEntry, ...]:
    """Read the entries of a file as they are, whatever their provenance.

    Parameters
    ----------
    path
        JSON file of computed entries.

    Raises
    ------
    UserError
        When the file cannot be read or holds no entries.
    """
    return tuple(_keyed_entries(path)[2])


def complete_systems(path: Path) -> tuple[frozenset[str], ...]:
    """Return the chemical systems of which a file says that it holds every known phase.

    Parameters
    ----------
    path
        JSON file of computed entries.

    Raises
    ------
    UserError
        When the file cannot be read.
    """
    return _keyed_entries(path)[1]


def _keyed_entries(path: Path) -> tuple[str | None, tuple[frozenset[str], ...], list[ComputedEntry]]:
    content = _load(path)
    key, systems = None, []
    if isinstance(content, dict) and "entries" in content:
        key, systems, content = content.get("energy_key"), content.get("systems", []), content["entries"]
    if not isinstance(systems, list) or not all(isinstance(name, str) for name in systems):
        raise UserError(
            "is not a list of chemical systems", file=path, field="systems", value=systems, fix="for example [Li-Cl-Y]"
        )
    if not isinstance(content, list) or not all(isinstance(entry, ComputedEntry) for entry in content) or not content:
        raise UserError("holds no list of computed entries", file=path, fix="write it with monty's dumpfn")
    for entry in content:
        _check_energy(entry, path)
    _require_one_functional(content, path)
    return key, tuple(frozenset(name.split("-")) for name in systems), content


def _load(path: Path) -> object:
    from monty.io import zopen

    try:
        with zopen(str(path), mode="rt", encoding="utf-8") as handle:
            return decoded(json.load(handle))
    except FileNotFoundError:
        raise UserError("no such file", file=path) from None
    except Exception as error:  # pymatgen takes tagged documents as they come, and fails in as many ways
        raise UserError(f"is not JSON with computed entries: {type(error).__name__}: {error}", file=path) from None
