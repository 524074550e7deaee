"""One composition of the plan with the outcome of its Ewald screen, as the record holds it."""

from screening.value import Value


class CompositionRecord(Value):
    """One composition of the plan and the outcome of its Ewald screen.

    Counts are exact integers kept as text, because they can exceed what a database stores.
    """

    id: str
    mother: str
    formula: str
    supercell: tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int]]
    ions: int
    compensation: str
    configurations: str
    distinct_configurations: str | None
    method: str | None = None
    certified: bool | None = None
    gap_eV: float | None = None
    evaluated: str | None = None
    seconds: float | None = None
    energies_eV: tuple[float, ...] = ()
    histogram_edges_eV: tuple[float, ...] = ()
    histogram_counts: tuple[float, ...] = ()
