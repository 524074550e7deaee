"""One composition of the plan with the outcome of its Ewald screen, as the record holds it."""

from screening.value import Value


class CompositionRecord(Value):
    """One composition of the plan and the outcome of its Ewald screen.

    Counts are exact integers kept as text, because they can exceed what a database stores. What the screen finds is
    None or empty before it.

    Attributes
    ----------
    id, mother
        Names of the composition and of the crystal that was doped.
    formula
        Per formula unit of the mother, such as `Na2.75Sb0.75W0.25S4`.
    supercell
        Rows are the vectors of the supercell in those of the mother's cell.
    ions
        Ions in it.
    compensation
        What keeps it neutral, in words.
    configurations, distinct_configurations
        Arrangements, all and without symmetry copies.
    method, certified, gap_eV, evaluated, seconds
        Of the search, as in `ewald.ScreenResult`.
    energies_eV
        Of the arrangements that were kept, in eV per supercell.
    histogram_edges_eV, histogram_counts
        Energies of all arrangements, where all were visited.
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
