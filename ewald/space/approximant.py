"""The nearest neutral crystal of whole ions, in place of one with refined occupancies."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ewald.ions import VACANCY

# From this sum of differences of atomic fractions on a user is warned.
# From so many ions on, a species was not left out by rounding.
_ONE_ION = 0.75
_ANOTHER_COMPOSITION = 0.03


@dataclass(frozen=True)
class CountChange:
    """The number of ions of one species on one sublattice, beside what the file says.

    Attributes
    ----------
    sublattice, species
        Their names.
    sites
        Sites of the sublattice in the supercell.
    in_file
        Mean number of ions that the file's occupancies give in the supercell.
    taken
        The number that was taken.
    """

    sublattice: str
    species: str
    sites: int
    in_file: float
    taken: int

    @property
    def occupancy_change(self) -> float:
        """Change of the mean occupancy of the sublattice's sites."""
        return (self.taken - self.in_file) / self.sites

    @property
    def vanished(self) -> bool:
        """Whether the file has the species there and the supercell does not."""
        return self.species != VACANCY and self.taken == 0 and self.in_file > 1e-6


@dataclass(frozen=True)
class Approximant:
    """The whole, neutral crystal that stands for a file.

    Attributes
    ----------
    supercell
        Rows are its cell vectors in terms of those of the file.
    counts
        Every species of every sublattice that is not filled by one alone.
    elements_in_file
        Mean number of atoms of each element that the file gives in the supercell.
    elements
        The numbers taken.
    assumptions
        What was assumed, one sentence each.
    """

    supercell: tuple[tuple[int, int, int], ...]
    counts: tuple[CountChange, ...]
    elements_in_file: Mapping[str, float]
    elements: Mapping[str, int]
    assumptions: tuple[str, ...] = ()

    @property
    def ions(self) -> int:
        """Number of ions in the supercell."""
        return sum(self.elements.values())

    @property
    def formula(self) -> str:
        """Contents of the supercell."""
        return " ".join(f"{element}{number}" for element, number in self.elements.items() if number)

    @property
    def largest_occupancy_change(self) -> float:
        """Largest change of a mean occupancy, without sign."""
        return max((abs(one.occupancy_change) for one in self.counts), default=0.0)

    @property
    def composition_change(self) -> float:
        """Sum of the absolute differences of the atomic fractions, taken less the file's."""
        return composition_change(self.elements_in_file, self.elements)

    @property
    def exact(self) -> bool:
        """Whether every number is the file's."""
        return all(abs(one.taken - one.in_file) < 1e-3 for one in self.counts)

    def describe(self) -> Iterator[str]:
        """Yield what changed, for people."""
        if self.exact:
            return
        yield (
            f"nearest neutral crystal: {self.formula} ({self.ions} ions, supercell {_shown(self.supercell)}); "
            f"composition changed by {self.composition_change:.2%}, occupancies by at most "
            f"{self.largest_occupancy_change:.4f}"
        )
        for name in dict.fromkeys(one.sublattice for one in self.counts):
            rows = [one for one in self.counts if one.sublattice == name]
            if any(abs(one.taken - one.in_file) >= 1e-3 for one in rows):
                numbers = ", ".join(f"{one.species} {one.in_file:.3f} -> {one.taken}" for one in rows)
                yield f"  {name} ({rows[0].sites} sites): {numbers}"
        if self.composition_change > _ANOTHER_COMPOSITION:
            yield (
                f"WARNING: this is another composition than the file's ({self.composition_change:.0%} apart): check "
                "its occupancies and the charges, or give --strict"
            )
        yield from self._left_out()

    def _left_out(self) -> Iterator[str]:
        """Say which species are not there any more, and why: too few of them, or charges that nothing balances."""
        gone = {one: f"{one.species} of {one.sublattice}" for one in self.counts if one.vanished}
        few = [name for one, name in gone.items() if one.in_file < _ONE_ION]
        unbalanced = [name for one, name in gone.items() if one.in_file >= _ONE_ION]
        if few:
            yield f"WARNING: too few for one ion in this supercell, left out: {', '.join(few)}; allow more --ions"
        if unbalanced:
            yield (
                f"WARNING: left out: {', '.join(unbalanced)}: no other ion of the file can balance the charge; "
                "add the sites that are missing, or give --charges"
            )

    def to_document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            "ions": self.ions,
            "supercell": [list(row) for row in self.supercell],
            "formula": self.formula,
            "exact": self.exact,
            "composition_change": self.composition_change,
            "largest_occupancy_change": self.largest_occupancy_change,
            "elements_in_file": {element: round(number, 6) for element, number in self.elements_in_file.items()},
            "elements": dict(self.elements),
            "counts": [
                {
                    "sublattice": one.sublattice,
                    "species": one.species,
                    "sites": one.sites,
                    "in_file": round(one.in_file, 6),
                    "taken": one.taken,
                    "occupancy_change": round(one.occupancy_change, 6),
                }
                for one in self.counts
            ],
            "assumptions": list(self.assumptions),
        }


def composition_change(before: Mapping[str, float], after: Mapping[str, float]) -> float:
    """Sum of the absolute differences of atomic fractions.

    Examples
    --------
    >>> round(composition_change({"Na": 1, "Cl": 1}, {"Na": 3, "Cl": 2}), 3)
    0.2
    """
    total, whole = sum(before.values()), sum(after.values())
    return sum(abs(after.get(e, 0) / whole - before.get(e, 0) / total) for e in {**before, **after})


def _shown(matrix: Sequence[Sequence[int]]) -> str:
    if all(matrix[i][j] == 0 for i in range(3) for j in range(3) if i != j):
        return " ".join(str(matrix[i][i]) for i in range(3))
    return '"' + " ".join(str(number) for row in matrix for number in row) + '"'
