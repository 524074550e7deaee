"""What to make: composition by weight, lattice, density, powder pattern and CIF of the candidates that passed."""

import base64
from collections.abc import Iterator

import numpy as np
from pymatgen.core import Composition, Lattice, Structure

from ewald.numbers import counted, significant
from screening.record.handover.structure_set import cif_text, file_name
from screening.record.history import CandidateHistory
from screening.record.ranking import best_first
from screening.record.record import CampaignRecord
from screening.report.drawing.powder_chart import powder_chart, powder_lines
from screening.report.html.labels import candidate_link, subscripted
from screening.report.html.markup import Content, Markup, facts, folded, join, tag
from screening.report.html.table import plain_table

MOST = 12
"""Candidates with a card."""
TOLERANCES_A = (0.01, 0.1)


def recipe_section(record: CampaignRecord) -> Markup:
    """Return a card for each candidate that passed the long MD, or for the first of the ranking where none did."""
    listed = [history for history in best_first(record) if history.near_hull]
    passed = [history for history in listed if history.survived]
    if not listed:
        return tag("p", "No candidate has passed the hull yet.")
    lead = tag("p", f"{counted(len(passed), 'candidate')} passed the long MD.")
    if not passed:
        lead = tag("p", "No candidate has passed the long MD. The first in the ranking is shown, but not recommended.")
    cards = [
        folded(
            join(tag("strong", subscripted(history.candidate.formula)), f" {history.id}"),
            _card(history),
            open="" if place == 0 else None,
            class_="survivor",
        )
        for place, history in enumerate((passed or listed[:1])[:MOST])
    ]
    left = len(passed) - MOST
    more = tag("p", f"{counted(left, 'more candidate')}: see the table.", class_="note") if left > 0 else None
    return join(lead, *cards, more)


def _card(history: CandidateHistory) -> Markup:
    structure = history.structure
    weights = tag("div", _weights(structure.composition), tag("p", cif_link(history)))
    listed = facts([("Candidate", candidate_link(history.id)), *crystal_facts(history)])
    return join(
        tag("div", listed, weights, class_="two even"),
        tag("div", powder_chart(history.id, powder_lines(structure)), class_="figures"),
    )


def cif_link(history: CandidateHistory) -> Markup:
    """Return a link that saves the structure as CIF; the file is inside the page."""
    packed = base64.b64encode(cif_text(history).encode()).decode("ascii")
    name = f"{file_name(history.id)}.cif"
    return tag("a", f"Download {name}", href=f"data:chemical/x-cif;base64,{packed}", download=name)


def crystal_facts(history: CandidateHistory) -> Iterator[tuple[str, Content]]:
    """Yield space group, lattice, density of a candidate's structure, as names and values."""
    structure = history.structure
    state = "relaxed" if history.relaxed is not None else "not relaxed"
    yield "Structure", f"{state}, {counted(len(structure), 'ion')} in the cell"
    groups = ", ".join(f"{_group(structure, tolerance)} within {tolerance:g} Å" for tolerance in TOLERANCES_A)
    yield "Space group of this arrangement", groups
    framework = structure.copy()
    framework.remove_species([s for s in structure.elements if _symbol(s) == history.candidate.mobile])
    yield "Without the mobile ions", f"{_group(framework, TOLERANCES_A[-1])} within {TOLERANCES_A[-1]:g} Å"
    if history.composition is not None:
        yield "Cell of the mother, as relaxed", _lattice(parent_lattice(structure, history.composition.supercell))
    yield "Cell computed", _lattice(structure.lattice)
    yield "Density", f"{float(structure.density):.3f} g/cm³"


def parent_lattice(structure: Structure, supercell: tuple[tuple[int, int, int], ...]) -> Lattice:
    """Return the lattice of the mother's cell, of which the rows of `supercell` make the computed cell."""
    return Lattice(np.linalg.solve(np.asarray(supercell, dtype=float), structure.lattice.matrix))


def _symbol(species: object) -> str:
    return str(getattr(species, "symbol", species))


def _group(structure: Structure, tolerance_A: float) -> str:
    if not len(structure):
        return "none"
    try:
        symbol, number = structure.get_space_group_info(symprec=tolerance_A)
    except (TypeError, ValueError):
        return "not found"
    return f"{symbol} ({number})"


def _lattice(lattice: Lattice) -> str:
    lengths = ", ".join(f"{name} = {value:.3f}" for name, value in zip("abc", lattice.abc, strict=True))
    angles = ", ".join(f"{name} = {value:.2f}" for name, value in zip("αβγ", lattice.angles, strict=True))
    return f"{lengths} Å; {angles}°"


def _weights(composition: Composition) -> Markup:
    """Return the composition by weight and by amount, heaviest part first."""
    plain = composition.element_composition
    rows: list[list[Content]] = [
        [
            element.symbol,
            f"{100 * plain.get_wt_fraction(element):.2f}",
            significant(100 * plain.get_atomic_fraction(element), 4),
        ]
        for element in sorted(plain, key=plain.get_wt_fraction, reverse=True)
    ]
    return plain_table(("element", "weight (%)", "atoms (%)"), rows)
