"""Hull references from the Materials Project: fetched once, when a campaign is submitted, and kept in its folder.

Only VASP with the Materials Project's own settings gives energies that may meet them. Workers read the file, so that
compute nodes need neither the network nor the key.
"""

import datetime as dt
import json
import os
import warnings
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from pymatgen.entries.computed_entries import ComputedEntry

from ewald.errors import CampaignError, DependencyError, UserError, install_extra
from ewald.files.atomic import write_atomic
from screening.campaign.execution import EngineChoice
from workflows.engines.preset import read_preset
from workflows.references.entries_file import MATERIALS_PROJECT_FILE

_KEY_VARIABLE = "MP_API_KEY"
_RELAX_SET = "MPRelaxSet"

#: INCAR tags that change how VASP runs and not what it finds.
_HARMLESS_TAGS = frozenset({"ALGO", "KPAR", "LCHARG", "LPLANE", "LWAVE", "NCORE", "NELM", "NPAR", "NSIM", "NSW"})

Connect = Callable[[str], AbstractContextManager[Any]]


def require_compatible(choice: EngineChoice) -> None:
    """Refuse an engine whose energies cannot be combined with the Materials Project's.

    Raises
    ------
    CampaignError
        With what differs.
    """
    engine, settings, source = read_preset(choice)
    tags = sorted(set(settings.get("relax_incar") or {}) - _HARMLESS_TAGS)
    why = None
    if engine != "vasp":
        why = f"energies of the engine {engine} ({source}) cannot be combined with the Materials Project's"
    elif settings.get("relax_set", _RELAX_SET) != _RELAX_SET:
        why = f"relax_set {settings['relax_set']} is not the Materials Project's {_RELAX_SET}"
    elif not settings.get("mp2020_corrections", True):
        why = "the Materials Project's energies include the 2020 corrections, and mp2020_corrections is false"
    elif tags:
        why = f"relax_incar changes {', '.join(tags)} of the Materials Project's settings"
    if why is not None:
        raise CampaignError(
            why,
            field="hull.references",
            value="materials-project",
            fix="references: shipped relaxes the competing phases with this engine",
        )


def ensure_entries(
    folder: Path, systems: Iterable[frozenset[str]], energy_key: str, *, connect: Connect | None = None
) -> Path:
    """Fetch the entries of some chemical systems, unless the campaign's folder holds them already.

    Parameters
    ----------
    folder
        The campaign's folder.
    systems
        Elements of each composition.
    energy_key
        Key of the campaign's engine, under which the entries are kept.
    connect
        Opens a client with a key; `mp_api`'s when left out.

    Raises
    ------
    DependencyError
        When `mp-api` is not installed.
    UserError
        When there is no key, or the Materials Project refuses or lacks an element.
    """
    path = folder / MATERIALS_PROJECT_FILE
    wanted = _largest(systems)
    held = _held(path, energy_key)
    if all(any(system <= other for other in held) for system in wanted):
        return path
    key = os.environ.get(_KEY_VARIABLE, "").strip()
    if not key:
        raise UserError(
            f"the Materials Project requires a key, and {_KEY_VARIABLE} is not set",
            field="hull.references",
            value="materials-project",
            fix=f"export {_KEY_VARIABLE}=..., or use references: shipped or file",
        )
    entries = _fetched(wanted, key, connect or _client)
    _require_elements(wanted, entries)
    content = {
        "source": "Materials Project, GGA/GGA+U with the 2020 corrections",
        "fetched_on": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "systems": sorted("-".join(sorted(system)) for system in wanted),
        "energy_key": energy_key,
        "entries": [entry.as_dict() for entry in entries],
    }
    return write_atomic(path, json.dumps(content))


def _largest(systems: Iterable[frozenset[str]]) -> list[frozenset[str]]:
    """Keep the systems that lie in no other one: a query of a system brings all systems within it."""
    every = set(systems)
    return sorted((one for one in every if not any(one < other for other in every)), key=sorted)


def _held(path: Path, energy_key: str) -> list[frozenset[str]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        systems = [frozenset(name.split("-")) for name in content["systems"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return systems if content.get("energy_key") == energy_key and content.get("entries") else []


def _client(key: str) -> AbstractContextManager[Any]:
    try:
        from mp_api.client import MPRester
    except ImportError:
        raise DependencyError("the Materials Project's client is not installed", fix=install_extra("mp")) from None
    client: AbstractContextManager[Any] = MPRester(key, mute_progress_bars=True)
    return client


def _fetched(systems: list[frozenset[str]], key: str, connect: Connect) -> list[ComputedEntry]:
    found: dict[str, ComputedEntry] = {}
    try:
        with warnings.catch_warnings(), connect(key) as client:
            warnings.simplefilter("ignore")
            for system in systems:
                for entry in client.get_entries_in_chemsys(
                    sorted(system), additional_criteria={"thermo_types": ["GGA_GGA+U"]}
                ):
                    found[str(entry.entry_id)] = _plain(entry)
    except UserError:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        raise _refused(error, key) from None
    except Exception as error:
        # The client's own error derives from Exception alone, and can be named only where the client is installed.
        if type(error).__name__ != "MPRestError":
            raise
        raise _refused(error, key) from None
    return [found[name] for name in sorted(found)]


def _refused(error: Exception, key: str) -> UserError:
    said = " ".join(str(error).replace(key, "...").split())[:200]
    return UserError(
        f"the Materials Project cannot be reached: {type(error).__name__}: {said}",
        field="hull.references",
        value="materials-project",
        fix=f"check the network and {_KEY_VARIABLE}, or use references: file",
    )


def _plain(entry: ComputedEntry) -> ComputedEntry:
    """Return the entry with its corrected energy and without its structure, which a hull does not need."""
    material = str(entry.data.get("material_id", entry.entry_id)) if entry.data else str(entry.entry_id)
    return ComputedEntry(
        entry.composition,
        float(entry.uncorrected_energy),
        correction=float(entry.correction),
        entry_id=str(entry.entry_id),
        data={"material_id": material},
    )


def _require_elements(systems: list[frozenset[str]], entries: list[ComputedEntry]) -> None:
    have = {entry.composition.elements[0].symbol for entry in entries if len(entry.composition.elements) == 1}
    missing = sorted({element for system in systems for element in system} - have)
    if missing:
        raise UserError(
            f"the Materials Project returned no phase of {', '.join(missing)}",
            field="hull.references",
            value="materials-project",
            fix="try again later, or use references: file",
        )
