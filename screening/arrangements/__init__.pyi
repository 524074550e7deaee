from .candidate import Candidate as Candidate
from .decisions import ewald_decisions as ewald_decisions
from .duplicates import equal_arrangements as equal_arrangements
from .energy_plot import plot_energies as plot_energies
from .stage import screen_composition as screen_composition
from .sweep import Sweep as Sweep
from .sweep import screen_compositions as screen_compositions
